"""The entry before is not asked for its term."""

CHECK = "raft.log_matching"
REPLACE = [
    (
        "        if prev_log_index > len(self.log) or self.term_at(prev_log_index) != prev_log_term:",
        "        if prev_log_index > len(self.log):",
    ),
]
