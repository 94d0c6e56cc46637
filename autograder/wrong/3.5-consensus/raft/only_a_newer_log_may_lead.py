"""A candidate must have a better log than the voter's, not one as good."""

CHECK = "raft.elected"
REPLACE = [
    (
        "        return (last_log_term, last_log_index) >= (self.term_at(len(self.log)), len(self.log))",
        "        return (last_log_term, last_log_index) > (self.term_at(len(self.log)), len(self.log))",
    ),
]
