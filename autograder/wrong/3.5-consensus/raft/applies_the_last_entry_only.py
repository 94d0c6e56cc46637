"""When several entries are committed at once, all but the last are skipped."""

CHECK = "raft.answers"
REPLACE = [
    (
        "        while self.last_applied < self.commit_index:",
        "        self.last_applied = max(self.last_applied, self.commit_index - 1)\n"
        "        while self.last_applied < self.commit_index:",
    ),
]
