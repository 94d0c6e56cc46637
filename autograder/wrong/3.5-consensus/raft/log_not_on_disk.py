"""The log is kept in memory only."""

CHECK = "raft.durability"
REPLACE = [
    (
        "        ctx.disk.update(term=self.term, voted_for=self.voted_for, log=self.log)",
        "        ctx.disk.update(term=self.term, voted_for=self.voted_for)",
    ),
]
