"""Timeouts are drawn from the lower third of the range only."""

CHECK = "raft.stable"
REPLACE = [
    (
        "election_timeout_s=(0.15, 0.3)",
        "election_timeout_s=(0.15, 0.2)",
    ),
]
