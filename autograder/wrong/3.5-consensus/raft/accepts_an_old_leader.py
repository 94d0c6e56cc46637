"""Whatever append_entries comes is obeyed, whoever leads now."""

CHECK = "raft.durability"
REPLACE = [
    (
        "        if term < self.term:\n"
        '            ctx.send(leader, ("appended", self.term, False, 0))\n'
        "            return\n",
        "",
    ),
]
