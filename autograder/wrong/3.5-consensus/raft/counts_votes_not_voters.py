"""A vote that arrives twice counts twice."""

CHECK = "raft.election_safety"
REPLACE = [
    (
        "ctx.name, {ctx.name}",
        "ctx.name, [ctx.name]",
    ),
    (
        "self.votes.add(voter)",
        "self.votes.append(voter)",
    ),
]
