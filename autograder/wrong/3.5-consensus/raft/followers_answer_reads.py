"""Every node answers reads from what it has applied."""

CHECK = "raft.reads"
REPLACE = [
    (
        "        if self.role != LEADER:\n            ctx.refuse(request, self.leader)\n            return",
        '        if call[0] == "read":\n'
        "            ctx.reply(request, self.registers.get(call[1]))\n"
        "            return\n"
        "        if self.role != LEADER:\n"
        "            ctx.refuse(request, self.leader)\n"
        "            return",
    ),
]
