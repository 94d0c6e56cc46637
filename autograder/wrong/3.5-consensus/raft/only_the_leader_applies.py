"""A follower does not carry out what is committed."""

CHECK = "raft.answers"
REPLACE = [
    (
        "        while self.last_applied < self.commit_index:",
        "        while self.role == LEADER and self.last_applied < self.commit_index:",
    ),
]
