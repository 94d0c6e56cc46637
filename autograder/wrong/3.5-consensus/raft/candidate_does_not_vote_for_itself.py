"""A candidate asks all others, and gives its own vote to nobody."""

CHECK = "raft.candidate"
REPLACE = [
    (
        "self.term + 1, ctx.name, {ctx.name}",
        "self.term + 1, None, {ctx.name}",
    ),
]
