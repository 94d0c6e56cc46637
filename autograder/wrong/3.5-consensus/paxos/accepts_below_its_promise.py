"""Accepts whatever comes, also in a ballot below its promise."""

CHECK = "paxos.accept"
REPLACE = [
    (
        "        if ballot >= self.promised:\n            self.promised = self.accepted_ballot = ballot\n",
        "        if True:\n"
        "            self.promised = max(self.promised, ballot)\n"
        "            self.accepted_ballot = ballot\n",
    ),
]
