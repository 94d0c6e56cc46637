"""A leader says once that it leads, and never again."""

CHECK = "raft.stable"
REPLACE = [
    (
        '        ctx.set_timer("heartbeat", self.heartbeat_s)\n',
        "        pass\n",
    ),
]
