"""Asks for a ballot above its promise in phase 2 as well, and so never accepts what it has promised."""

CHECK = "paxos.accept"
REPLACE = [
    (
        "if ballot >= self.promised:",
        "if ballot > self.promised:",
    ),
]
