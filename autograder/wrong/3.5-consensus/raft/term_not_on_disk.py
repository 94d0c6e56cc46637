"""The term is forgotten in a crash, and with it which term the vote is of."""

CHECK = "raft.vote_kept"
REPLACE = [
    (
        "        ctx.disk.update(term=self.term, voted_for=self.voted_for, log=self.log)",
        "        ctx.disk.update(voted_for=self.voted_for, log=self.log)",
    ),
]
