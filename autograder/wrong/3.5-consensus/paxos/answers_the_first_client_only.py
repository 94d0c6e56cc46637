"""Answers the client whose question opened the ballot, and forgets the others."""

CHECK = "paxos.answer"
REPLACE = [
    (
        "            for request in self.waiting:\n",
        "            for request in self.waiting[:1]:\n",
    ),
]
