"""Accepts only in the very ballot that it has promised last: a higher one, whose prepare was lost, is refused."""

CHECK = "paxos.accept"
REPLACE = [
    (
        "if ballot >= self.promised:",
        "if ballot == self.promised:",
    ),
]
