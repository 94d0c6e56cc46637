"""Counts its rounds in memory only: after a crash it begins with the first again."""

CHECK = "paxos.ballots"
REPLACE = [
    (
        '        ctx.disk["round"] = self.round\n',
        "",
    ),
]
