"""The vote is forgotten in a crash."""

CHECK = "raft.vote_kept"
REPLACE = [
    (
        "        ctx.disk.update(term=self.term, voted_for=self.voted_for, log=self.log)",
        "        ctx.disk.update(term=self.term, log=self.log)",
    ),
]
