"""Reports the ballot that it has promised last, in the place of the one in which it has accepted."""

CHECK = "paxos.report"
REPLACE = [
    (
        "            self.promised = ballot\n"
        "            self.store(ctx)\n"
        '            ctx.send(proposer, ("promise", ballot, self.accepted_ballot,',
        "            before, self.promised = self.promised, ballot\n"
        "            self.store(ctx)\n"
        '            ctx.send(proposer, ("promise", ballot, before,',
    ),
]
