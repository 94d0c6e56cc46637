"""A candidate asks for votes in the term that there was."""

CHECK = "raft.candidate"
REPLACE = [
    (
        "self.term + 1, ctx.name, {ctx.name}",
        "self.term, ctx.name, {ctx.name}",
    ),
]
