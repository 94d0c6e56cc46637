"""Proposes again with each further promise: the value of the ballot changes when a higher one is reported."""

CHECK = "paxos.adopt"
REPLACE = [
    (
        "if ballot != self.ballot or self.value is not None or self.chosen is not None:",
        "if ballot != self.ballot or self.chosen is not None:",
    ),
]
