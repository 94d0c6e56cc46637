"""Timeouts are random, and have four values only."""

CHECK = "raft.stable"
REPLACE = [
    (
        "ctx.random.uniform(*self.election_timeout_s)",
        "ctx.random.choice([0.15, 0.2, 0.25, 0.3])",
    ),
]
