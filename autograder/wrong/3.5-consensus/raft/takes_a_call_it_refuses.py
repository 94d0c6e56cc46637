"""A follower refuses a call, and puts it into its log for the time when it leads."""

CHECK = "raft.refusals"
REPLACE = [
    (
        "        if self.role != LEADER:\n            ctx.refuse(request, self.leader)\n            return",
        "        if self.role != LEADER:\n"
        "            ctx.refuse(request, self.leader)\n"
        "            self.log.append((self.term, (request, call)))\n"
        "            self.save(ctx)\n"
        "            return",
    ),
]
