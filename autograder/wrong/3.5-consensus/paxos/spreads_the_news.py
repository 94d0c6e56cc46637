"""Tells all acceptors what was chosen, though nobody needs to hear it."""

CHECK = "paxos.budget"
REPLACE = [
    (
        '            ctx.cancel_timer("retry")\n',
        '            ctx.cancel_timer("retry")\n            ctx.broadcast(("chosen", value))\n',
    ),
]
