"""A new leader gives its own term to the entries that it has."""

CHECK = "raft.up_to_date"
REPLACE = [
    (
        '        self.role, self.leader, self.votes = LEADER, ctx.name, set()\n        ctx.cancel_timer("election")\n',
        "        self.role, self.leader, self.votes = LEADER, ctx.name, set()\n"
        '        ctx.cancel_timer("election")\n'
        "        self.log = [(self.term, command) for _term, command in self.log]\n"
        "        self.save(ctx)\n",
    ),
]
