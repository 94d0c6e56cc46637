"""Compares the rounds of two ballots and forgets their names: of the same round the second is refused."""

CHECK = "paxos.promise"
REPLACE = [
    (
        "if ballot > self.promised:",
        "if ballot[0] > self.promised[0]:",
    ),
]
