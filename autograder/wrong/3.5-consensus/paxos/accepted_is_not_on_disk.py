"""A crash takes what was accepted; only the promise is on disk."""

CHECK = "paxos.memory"
REPLACE = [
    (
        '        ctx.disk["accepted_ballot"] = self.accepted_ballot\n'
        '        ctx.disk["accepted_value"] = self.accepted_value\n',
        "",
    ),
]
