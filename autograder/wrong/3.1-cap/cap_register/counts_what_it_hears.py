"""Its clock ticks at every message, so the busier node wins, not the later writer."""

CHECK = "cap_register.ap_last_writer"
REPLACE = [
    (
        "# key -> (stamp, value)\n",
        "# key -> (stamp, value)\n        self.clock = 0\n",
    ),
    (
        "        self.learn(ctx, message[1])",
        "        self.clock += 1\n        self.learn(ctx, message[1])",
    ),
    (
        "(highest + 1, ctx.name)",
        "(self.clock, ctx.name)",
    ),
]
