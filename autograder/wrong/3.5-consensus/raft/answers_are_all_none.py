"""A call is answered, and never with its result."""

CHECK = "raft.answers"
REPLACE = [
    (
        "            if self.role == LEADER:\n                ctx.reply(request, answer)",
        "            if self.role == LEADER:\n                ctx.reply(request)",
    ),
]
