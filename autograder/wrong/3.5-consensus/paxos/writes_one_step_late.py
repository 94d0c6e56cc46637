"""Writes to disk before it changes its mind, so the disk is always one step behind."""

CHECK = "paxos.memory"
REPLACE = [
    (
        "            self.promised = ballot\n            self.store(ctx)\n            ctx.send(proposer",
        "            self.store(ctx)\n            self.promised = ballot\n            ctx.send(proposer",
    ),
]
