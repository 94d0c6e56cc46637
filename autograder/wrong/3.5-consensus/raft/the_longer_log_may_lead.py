"""Logs are compared by their length only."""

CHECK = "raft.up_to_date"
REPLACE = [
    (
        "        return (last_log_term, last_log_index) >= (self.term_at(len(self.log)), len(self.log))",
        "        return last_log_index >= len(self.log)",
    ),
]
