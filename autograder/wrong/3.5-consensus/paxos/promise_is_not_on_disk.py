"""A crash takes the promise; only what was accepted is on disk."""

CHECK = "paxos.memory"
REPLACE = [
    (
        '        ctx.disk["promised"] = self.promised\n',
        "",
    ),
]
