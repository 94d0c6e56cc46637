"""A candidate whose time is over asks again in the same term."""

CHECK = "raft.split_vote"
REPLACE = [
    (
        "        self.term, self.voted_for, self.votes = self.term + 1, ctx.name, {ctx.name}\n"
        "        self.save(ctx)\n"
        "        self.set_election_timer(ctx)\n"
        "        ctx.broadcast(",
        "        self.term += self.voted_for != ctx.name\n"
        "        self.voted_for, self.votes = ctx.name, {ctx.name}\n"
        "        self.save(ctx)\n"
        "        self.set_election_timer(ctx)\n"
        "        ctx.broadcast(",
    ),
]
