"""Counts promises in place of acceptors: one that comes twice counts twice."""

CHECK = "paxos.majority"
REPLACE = [
    (
        "        self.promises[acceptor] = (accepted_ballot, accepted_value)\n",
        "        self.promises[acceptor, len(self.promises)] = (accepted_ballot, accepted_value)\n",
    ),
]
