"""Step 3 replaces the comparison of logs, and votes for any."""

CHECK = "raft.faults"
REPLACE = [
    (
        "class Raft(Replication):\n",
        "class Raft(Replication):\n"
        "    def is_up_to_date(self, last_log_index, last_log_term):\n"
        "        return True\n"
        "\n",
    ),
]
