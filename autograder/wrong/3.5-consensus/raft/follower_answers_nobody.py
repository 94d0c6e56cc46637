"""A follower takes the entries, and does not tell the leader."""

CHECK = "raft.replicated"
REPLACE = [
    (
        '        ctx.send(leader, ("appended", self.term, True, match_index))\n',
        "        pass\n",
    ),
]
