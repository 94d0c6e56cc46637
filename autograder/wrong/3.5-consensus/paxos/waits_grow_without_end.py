"""Doubles the wait without an end: after an outage it sleeps for minutes."""

CHECK = "paxos.retry"
REPLACE = [
    (
        "2 ** min(self.opened, 4)",
        "2**self.opened",
    ),
]
