"""A write is answered when the leader has it."""

CHECK = "raft.early_answers"
REPLACE = [
    (
        "        self.log.append((self.term, (request, call)))\n"
        "        self.save(ctx)\n"
        "        self.send_heartbeats(ctx)",
        "        self.log.append((self.term, (request, call)))\n"
        "        self.save(ctx)\n"
        "        self.send_heartbeats(ctx)\n"
        '        if call[0] == "write":\n'
        "            ctx.reply(request)",
    ),
]
