"""A candidate sets no timer for the case that the votes are split."""

CHECK = "raft.split_vote"
REPLACE = [
    (
        "        self.term, self.voted_for, self.votes = self.term + 1, ctx.name, {ctx.name}\n"
        "        self.save(ctx)\n"
        "        self.set_election_timer(ctx)\n"
        "        ctx.broadcast(",
        "        self.term, self.voted_for, self.votes = self.term + 1, ctx.name, {ctx.name}\n"
        "        self.save(ctx)\n"
        "        ctx.broadcast(",
    ),
]
