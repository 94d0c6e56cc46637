"""Asks again in the same ballot when the first attempt comes to nothing."""

CHECK = "paxos.ballots"
REPLACE = [
    (
        "        self.round += 1\n",
        "        self.round = max(self.round, 1)\n",
    ),
]
