"""Whoever has led has no election timer afterwards."""

CHECK = "raft.stable"
REPLACE = [
    (
        "        if self.role == LEADER:\n"
        '            ctx.cancel_timer("heartbeat")\n'
        "            self.set_election_timer(ctx)\n"
        "        self.term, self.voted_for = term, None\n"
        "        self.role, self.leader, self.votes = FOLLOWER, None, set()\n"
        "        self.save(ctx)",
        "        if self.role == LEADER:\n"
        '            ctx.cancel_timer("heartbeat")\n'
        "        self.term, self.voted_for = term, None\n"
        "        self.role, self.leader, self.votes = FOLLOWER, None, set()\n"
        "        self.save(ctx)",
    ),
]
