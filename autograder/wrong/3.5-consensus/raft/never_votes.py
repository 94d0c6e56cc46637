"""A node refuses everybody but itself its vote."""

CHECK = "raft.elected"
REPLACE = [
    (
        "            term == self.term\n"
        "            and self.voted_for in (None, candidate)\n"
        "            and self.is_up_to_date(last_log_index, last_log_term)\n",
        "            False\n",
    ),
]
