"""A node forgets that it has voted in this term."""

CHECK = "raft.election_safety"
REPLACE = [
    (
        "            and self.voted_for in (None, candidate)\n",
        "",
    ),
]
