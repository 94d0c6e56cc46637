"""Leaves its name out of the ballot, so two proposers have the same ones."""

CHECK = "paxos.ballots"
REPLACE = [
    (
        "self.ballot = (self.round, ctx.name)",
        'self.ballot = (self.round, "")',
    ),
]
