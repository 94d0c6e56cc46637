"""Sends its prepare to all nodes, learners and rivals too."""

CHECK = "paxos.budget"
REPLACE = [
    (
        '        for acceptor in self.acceptors(ctx):\n            ctx.send(acceptor, ("prepare", self.ballot))',
        '        for acceptor in ctx.peers:\n            ctx.send(acceptor, ("prepare", self.ballot))',
    ),
]
