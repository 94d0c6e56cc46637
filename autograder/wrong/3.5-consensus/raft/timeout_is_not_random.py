"""All nodes wait equally long, and share the votes again and again."""

CHECK = "raft.stable"
REPLACE = [
    (
        "ctx.random.uniform(*self.election_timeout_s)",
        "self.election_timeout_s[0]",
    ),
]
