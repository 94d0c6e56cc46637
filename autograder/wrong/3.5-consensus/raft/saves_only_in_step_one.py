"""The class of step 3 keeps its log in memory only."""

CHECK = "raft.faults"
REPLACE = [
    (
        "class Raft(Replication):\n",
        "class Raft(Replication):\n"
        "    def save(self, ctx):\n"
        "        ctx.disk.update(term=self.term, voted_for=self.voted_for)\n"
        "\n",
    ),
]
