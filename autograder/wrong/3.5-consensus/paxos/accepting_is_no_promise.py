"""Accepting does not raise its promise: afterwards it accepts in lower ballots again."""

CHECK = "paxos.accept"
REPLACE = [
    (
        "            self.promised = self.accepted_ballot = ballot\n",
        "            self.accepted_ballot = ballot\n",
    ),
]
