"""Tells all nodes what it has accepted."""

CHECK = "paxos.told"
REPLACE = [
    (
        "for name in [proposer, *learners]:",
        "for name in ctx.peers:",
    ),
]
