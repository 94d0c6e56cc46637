"""Counts a promise for an abandoned ballot of its own as one for the present ballot."""

CHECK = "paxos.majority"
REPLACE = [
    (
        "if ballot != self.ballot or self.value is not None or self.chosen is not None:",
        "if self.value is not None or self.chosen is not None:",
    ),
]
