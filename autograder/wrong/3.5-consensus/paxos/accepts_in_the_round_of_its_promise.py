"""Looks at the round only: accepts in the ballot of another proposer of the same round."""

CHECK = "paxos.acceptor_orders"
REPLACE = [
    (
        "        if ballot >= self.promised:\n            self.promised = self.accepted_ballot = ballot\n",
        "        if ballot[0] >= self.promised[0]:\n"
        "            self.promised = max(self.promised, ballot)\n"
        "            self.accepted_ballot = ballot\n",
    ),
]
