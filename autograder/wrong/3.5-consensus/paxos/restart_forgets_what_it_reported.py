"""Reads the promise back after a crash, and begins with nothing accepted."""

CHECK = "paxos.memory"
REPLACE = [
    (
        'ctx.disk.get("accepted_ballot", NO_BALLOT)',
        "NO_BALLOT",
    ),
]
