"""Sends its prepare to just enough acceptors: one of them is down, and it has no majority."""

CHECK = "paxos.ballots"
REPLACE = [
    (
        '        for acceptor in self.acceptors(ctx):\n            ctx.send(acceptor, ("prepare", self.ballot))',
        "        for acceptor in self.acceptors(ctx)[: len(self.acceptors(ctx)) // 2 + 1]:\n"
        '            ctx.send(acceptor, ("prepare", self.ballot))',
    ),
]
