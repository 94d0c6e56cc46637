"""Whoever has led never stands for election again: the second time there is nobody."""

CHECK = "raft.recovery"
REPLACE = [
    (
        "class Raft(Replication):\n",
        "class Raft(Replication):\n"
        "    def adopt_term(self, ctx, term):\n"
        "        super().adopt_term(ctx, term)\n"
        '        ctx.cancel_timer("election")\n'
        "\n",
    ),
]
