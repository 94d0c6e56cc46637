"""The vote is written when something else is written the next time."""

CHECK = "raft.vote_kept"
REPLACE = [
    (
        "            self.voted_for = candidate\n"
        "            self.save(ctx)\n"
        "            self.set_election_timer(ctx)\n"
        "        ctx.send(candidate",
        "            self.voted_for = candidate\n            self.set_election_timer(ctx)\n        ctx.send(candidate",
    ),
]
