"""A candidate does not give up when another one has won the term."""

CHECK = "raft.split_vote"
REPLACE = [
    (
        "        if term < self.term:\n"
        '            ctx.send(leader, ("appended", self.term, False, 0))\n'
        "            return",
        "        if term < self.term:\n"
        '            ctx.send(leader, ("appended", self.term, False, 0))\n'
        "            return\n"
        "        if self.role == CANDIDATE:\n"
        "            return",
    ),
]
