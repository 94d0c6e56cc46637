"""A leader answers reads itself: it may have been replaced without knowing."""

CHECK = "raft.reads"
REPLACE = [
    (
        "        self.log.append((self.term, (request, call)))\n"
        "        self.save(ctx)\n"
        "        self.send_heartbeats(ctx)",
        '        if call[0] == "read":\n'
        "            ctx.reply(request, self.registers.get(call[1]))\n"
        "            return\n"
        "        self.log.append((self.term, (request, call)))\n"
        "        self.save(ctx)\n"
        "        self.send_heartbeats(ctx)",
    ),
]
