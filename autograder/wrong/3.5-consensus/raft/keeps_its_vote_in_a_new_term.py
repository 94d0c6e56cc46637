"""Having voted once, a node has no vote in any later term."""

CHECK = "raft.split_vote"
REPLACE = [
    (
        "        self.term, self.voted_for = term, None\n",
        "        self.term = term\n",
    ),
]
