"""Takes over the value of a new ballot, and keeps the number of the old one beside it."""

CHECK = "paxos.report"
REPLACE = [
    (
        "self.promised = self.accepted_ballot = ballot",
        "self.promised = ballot\n"
        "            self.accepted_ballot = self.accepted_ballot if self.accepted_ballot != NO_BALLOT else ballot",
    ),
]
