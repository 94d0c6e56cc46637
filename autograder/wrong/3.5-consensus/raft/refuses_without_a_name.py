"""A follower refuses, and does not say who leads."""

CHECK = "raft.refusals"
REPLACE = [
    (
        "        if self.role != LEADER:\n            ctx.refuse(request, self.leader)\n            return",
        "        if self.role != LEADER:\n            ctx.refuse(request)\n            return",
    ),
]
