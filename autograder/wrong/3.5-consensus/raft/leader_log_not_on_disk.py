"""A leader counts itself among those who hold an entry that is only in its memory."""

CHECK = "raft.durability"
REPLACE = [
    (
        "        self.log.append((self.term, (request, call)))\n"
        "        self.save(ctx)\n"
        "        self.send_heartbeats(ctx)",
        "        self.log.append((self.term, (request, call)))\n        self.send_heartbeats(ctx)",
    ),
]
