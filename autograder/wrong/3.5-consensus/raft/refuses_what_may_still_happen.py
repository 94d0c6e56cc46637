"""A leader that is deposed tells its clients that nothing was done."""

CHECK = "raft.refusals"
REPLACE = [
    (
        "        if self.role == LEADER:\n"
        '            ctx.cancel_timer("heartbeat")\n'
        "            self.set_election_timer(ctx)\n"
        "        self.term, self.voted_for = term, None\n"
        "        self.role, self.leader, self.votes = FOLLOWER, None, set()\n"
        "        self.save(ctx)",
        "        for _term, (request, _call) in self.log[self.commit_index :] if self.role == LEADER else ():\n"
        "            ctx.refuse(request, None)\n"
        "        if self.role == LEADER:\n"
        '            ctx.cancel_timer("heartbeat")\n'
        "            self.set_election_timer(ctx)\n"
        "        self.term, self.voted_for = term, None\n"
        "        self.role, self.leader, self.votes = FOLLOWER, None, set()\n"
        "        self.save(ctx)",
    ),
]
