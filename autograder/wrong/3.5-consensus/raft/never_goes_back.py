"""A refusal changes nothing."""

CHECK = "raft.catch_up"
REPLACE = [
    (
        "            self.next_index[peer] = max(1, min(self.next_index[peer] - 1, match_index + 1))",
        "            return",
    ),
]
