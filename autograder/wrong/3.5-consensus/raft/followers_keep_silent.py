"""A node that does not lead does not answer a client at all."""

CHECK = "raft.refusals"
REPLACE = [
    (
        "        if self.role != LEADER:\n            ctx.refuse(request, self.leader)\n            return",
        "        if self.role != LEADER:\n            return",
    ),
]
