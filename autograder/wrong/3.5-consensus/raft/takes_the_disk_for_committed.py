"""After a restart the whole log on the disk is applied."""

CHECK = "raft.applied"
REPLACE = [
    (
        "        self.sessions = {}  # of each client: the number of its last call, and the answer to it\n"
        "        super().on_start(ctx)\n",
        "        self.sessions = {}  # of each client: the number of its last call, and the answer to it\n"
        "        super().on_start(ctx)\n"
        "        self.commit(ctx, len(self.log))\n",
    ),
]
