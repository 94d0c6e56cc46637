"""The leader goes back no further than what the follower once held, although it has lost it."""

CHECK = "raft.catch_up"
REPLACE = [
    (
        "            self.next_index[peer] = max(1, min(self.next_index[peer] - 1, match_index + 1))",
        "            known = self.match_index[peer] + 1\n"
        "            self.next_index[peer] = max(known, min(self.next_index[peer] - 1, match_index + 1))",
    ),
]
