"""A candidate of an old term is refused, and not told that there is a new one."""

CHECK = "raft.terms"
REPLACE = [
    (
        'ctx.send(candidate, ("vote", self.term, granted))',
        'ctx.send(candidate, ("vote", term, granted))',
    ),
]
