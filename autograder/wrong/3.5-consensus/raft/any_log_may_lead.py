"""A vote is given without a look at the candidate's log."""

CHECK = "raft.up_to_date"
REPLACE = [
    (
        "        return (last_log_term, last_log_index) >= (self.term_at(len(self.log)), len(self.log))",
        "        return True",
    ),
]
