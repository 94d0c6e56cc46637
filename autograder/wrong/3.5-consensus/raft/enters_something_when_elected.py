"""A new leader puts an entry of nobody's into its log, as section 8 of the paper suggests: here nothing but calls gets
into a log."""

CHECK = "raft.replicated"
REPLACE = [
    (
        "        self.role, self.leader, self.votes = LEADER, ctx.name, set()\n",
        "        self.role, self.leader, self.votes = LEADER, ctx.name, set()\n"
        '        self.log.append((self.term, ("nobody.1", ("read", "x"))))\n'
        "        self.save(ctx)\n",
    ),
]
