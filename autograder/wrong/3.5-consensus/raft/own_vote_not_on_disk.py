"""A candidate does not write down the new term and its own vote."""

CHECK = "raft.vote_kept"
REPLACE = [
    (
        "        self.term, self.voted_for, self.votes = self.term + 1, ctx.name, {ctx.name}\n"
        "        self.save(ctx)\n"
        "        self.set_election_timer(ctx)\n"
        "        ctx.broadcast(",
        "        self.term, self.voted_for, self.votes = self.term + 1, ctx.name, {ctx.name}\n"
        "        self.set_election_timer(ctx)\n"
        "        ctx.broadcast(",
    ),
]
