"""Draws the wait from 0: some ballots are given up before they can end."""

CHECK = "paxos.retry"
REPLACE = [
    (
        "ctx.random.uniform(wait_s, 2 * wait_s)",
        "ctx.random.uniform(0, 2 * wait_s)",
    ),
]
