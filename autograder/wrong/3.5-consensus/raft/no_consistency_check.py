"""A follower takes entries without having what stands before them."""

CHECK = "raft.log_matching"
REPLACE = [
    (
        "        if prev_log_index > len(self.log) or self.term_at(prev_log_index) != prev_log_term:",
        "        if False:",
    ),
]
