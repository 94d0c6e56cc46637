"""Opens a ballot whenever a client asks, also while another one is under way."""

CHECK = "paxos.ballots"
REPLACE = [
    (
        "        if self.ballot == NO_BALLOT:\n            self.wish = value\n            self.open_ballot(ctx)",
        "        self.wish = value\n        self.open_ballot(ctx)",
    ),
]
