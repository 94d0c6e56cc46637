"""Tells the proposer only; learners are left to guess."""

CHECK = "paxos.told"
REPLACE = [
    (
        "for name in [proposer, *learners]:",
        "for name in [proposer]:",
    ),
]
