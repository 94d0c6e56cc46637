"""What was saved is not read after a restart."""

CHECK = "raft.vote_kept"
REPLACE = [
    (
        'self.term = ctx.disk.get("term", 0)',
        "self.term = 0",
    ),
    (
        'self.voted_for = ctx.disk.get("voted_for")',
        "self.voted_for = None",
    ),
]
