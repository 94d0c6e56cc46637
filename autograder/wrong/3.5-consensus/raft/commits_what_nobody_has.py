"""The leader takes an entry for committed once it has sent it."""

CHECK = "raft.durability"
REPLACE = [
    (
        "        self.log.append((self.term, (request, call)))\n"
        "        self.save(ctx)\n"
        "        self.send_heartbeats(ctx)",
        "        self.log.append((self.term, (request, call)))\n"
        "        self.save(ctx)\n"
        "        self.send_heartbeats(ctx)\n"
        "        self.commit(ctx, len(self.log))",
    ),
]
