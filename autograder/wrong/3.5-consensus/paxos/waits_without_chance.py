"""Waits 2w each time: two proposers that began together stay together."""

CHECK = "paxos.retry"
REPLACE = [
    (
        "ctx.random.uniform(wait_s, 2 * wait_s)",
        "2 * wait_s",
    ),
]
