"""Keeps the first value that it has accepted: what is accepted does not change, it thinks."""

CHECK = "paxos.report"
REPLACE = [
    (
        "            self.promised = self.accepted_ballot = ballot\n            self.accepted_value = value\n",
        "            self.promised = ballot\n"
        "            if self.accepted_ballot == NO_BALLOT:\n"
        "                self.accepted_ballot, self.accepted_value = ballot, value\n",
    ),
]
