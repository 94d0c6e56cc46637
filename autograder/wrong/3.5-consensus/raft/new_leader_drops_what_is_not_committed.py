"""A new leader begins with what it knows to be committed."""

CHECK = "raft.up_to_date"
REPLACE = [
    (
        '        self.role, self.leader, self.votes = LEADER, ctx.name, set()\n        ctx.cancel_timer("election")\n',
        "        self.role, self.leader, self.votes = LEADER, ctx.name, set()\n"
        '        ctx.cancel_timer("election")\n'
        "        del self.log[self.commit_index :]\n"
        "        self.save(ctx)\n",
    ),
]
