"""Tells the learners, and leaves the proposer without an answer."""

CHECK = "paxos.told"
REPLACE = [
    (
        "for name in [proposer, *learners]:",
        "for name in learners or [proposer]:",
    ),
]
