"""A leader drops what a follower refuses."""

CHECK = "raft.append_only"
REPLACE = [
    (
        "            self.next_index[peer] = max(1, min(self.next_index[peer] - 1, match_index + 1))",
        "            del self.log[match_index + 1 :]\n"
        "            self.save(ctx)\n"
        "            self.next_index[peer] = max(1, min(self.next_index[peer] - 1, match_index + 1))",
    ),
]
