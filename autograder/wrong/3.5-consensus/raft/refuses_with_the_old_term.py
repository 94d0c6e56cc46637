"""An old leader is refused, and not told that there is a new term."""

CHECK = "raft.terms"
REPLACE = [
    (
        'ctx.send(leader, ("appended", self.term, False, 0))',
        'ctx.send(leader, ("appended", term, False, 0))',
    ),
]
