"""A call is carried out and answered at once, and sent to the others afterwards."""

CHECK = "raft.early_answers"
REPLACE = [
    (
        "        self.log.append((self.term, (request, call)))\n"
        "        self.save(ctx)\n"
        "        self.send_heartbeats(ctx)",
        "        ctx.reply(request, None)\n"
        "        self.log.append((self.term, (request, call)))\n"
        "        self.save(ctx)\n"
        "        self.send_heartbeats(ctx)",
    ),
]
