"""A new leader does not say so, and sets no timer for the first heartbeat."""

CHECK = "raft.elected"
REPLACE = [
    (
        "        self.role, self.leader, self.votes = LEADER, ctx.name, set()\n"
        '        ctx.cancel_timer("election")\n'
        "        self.send_heartbeats(ctx)\n",
        '        self.role, self.leader, self.votes = LEADER, ctx.name, set()\n        ctx.cancel_timer("election")\n',
    ),
]
