"""Step 3 commits only what all nodes hold."""

CHECK = "raft.recovery"
REPLACE = [
    (
        "class Raft(Replication):\n",
        "class Raft(Replication):\n"
        "    def commit(self, ctx, index):\n"
        "        if self.role != LEADER or min(self.match_index.values()) >= index:\n"
        "            self.carry_out(ctx, index)\n"
        "\n",
    ),
    (
        '    def commit(self, ctx, index):\n        """Rules 12 and 13."""',
        '    def carry_out(self, ctx, index):\n        """Rules 12 and 13."""',
    ),
]
