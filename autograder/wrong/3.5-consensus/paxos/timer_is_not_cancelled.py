"""Leaves the timer running when the value is known, and opens another ballot."""

CHECK = "paxos.budget"
REPLACE = [
    (
        '            ctx.cancel_timer("retry")\n',
        "",
    ),
]
