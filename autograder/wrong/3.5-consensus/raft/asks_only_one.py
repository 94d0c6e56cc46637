"""A candidate asks the first of its peers only."""

CHECK = "raft.candidate"
REPLACE = [
    (
        'ctx.broadcast(("request_vote", self.term, len(self.log), self.term_at(len(self.log))))',
        'ctx.send(ctx.peers[0], ("request_vote", self.term, len(self.log), self.term_at(len(self.log))))',
    ),
]
