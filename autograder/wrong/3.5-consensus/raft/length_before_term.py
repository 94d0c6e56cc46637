"""The longer log wins, and only among equally long ones the later term."""

CHECK = "raft.up_to_date"
REPLACE = [
    (
        "        return (last_log_term, last_log_index) >= (self.term_at(len(self.log)), len(self.log))",
        "        return (last_log_index, last_log_term) >= (len(self.log), self.term_at(len(self.log)))",
    ),
]
