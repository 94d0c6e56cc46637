"""Proposes what its own client wants, whatever was reported."""

CHECK = "paxos.adopt"
REPLACE = [
    (
        "self.value = self.wish if highest == NO_BALLOT else value",
        "self.value = self.wish",
    ),
]
