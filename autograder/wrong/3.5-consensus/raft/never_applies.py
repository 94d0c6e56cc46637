"""Entries are committed, and nothing is done with them."""

CHECK = "raft.applied"
REPLACE = [
    (
        "        while self.last_applied < self.commit_index:",
        "        while False:",
    ),
]
