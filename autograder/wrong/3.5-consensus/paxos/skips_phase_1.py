"""Proposes at once, in the belief that nobody else is there."""

CHECK = "paxos.proposer_orders"
REPLACE = [
    (
        '            ctx.send(acceptor, ("prepare", self.ballot))\n',
        '            ctx.send(acceptor, ("prepare", self.ballot))\n'
        "        self.value = self.wish\n"
        "        for acceptor in self.acceptors(ctx):\n"
        '            ctx.send(acceptor, ("accept", self.ballot, self.value))\n',
    ),
]
