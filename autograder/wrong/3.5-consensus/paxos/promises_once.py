"""Promises the first ballot that comes, and no other for ever."""

CHECK = "paxos.promise"
REPLACE = [
    (
        "if ballot > self.promised:",
        "if self.promised == NO_BALLOT:",
    ),
]
