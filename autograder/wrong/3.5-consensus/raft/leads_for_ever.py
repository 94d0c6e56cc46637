"""A leader adopts a higher term and goes on leading in it."""

CHECK = "raft.election_safety"
REPLACE = [
    (
        "        if self.role == LEADER:\n"
        '            ctx.cancel_timer("heartbeat")\n'
        "            self.set_election_timer(ctx)\n"
        "        self.term, self.voted_for = term, None\n"
        "        self.role, self.leader, self.votes = FOLLOWER, None, set()\n"
        "        self.save(ctx)",
        "        self.term, self.voted_for = term, None\n"
        "        if self.role != LEADER:\n"
        "            self.role, self.leader, self.votes = FOLLOWER, None, set()\n"
        "        self.save(ctx)",
    ),
]
