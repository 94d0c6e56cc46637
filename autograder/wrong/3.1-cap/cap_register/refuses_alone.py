"""Refuses when it has heard nothing for a while."""

CHECK = "cap_register.ap_at_once"
REPLACE = [
    (
        '        if call[0] == "read":\n            ctx.reply(request, self.known',
        "        if ctx.now_s - self.heard_s > 1.0:\n"
        '            ctx.refuse(request, "alone")\n'
        '        elif call[0] == "read":\n'
        "            ctx.reply(request, self.known",
    ),
    (
        "(NO_STAMP, None))[1])\n            return\n",
        '(NO_STAMP, None))[1])\n        if call[0] == "read":\n            return\n',
    ),
    (
        "# key -> (stamp, value)\n",
        "# key -> (stamp, value)\n        self.heard_s = ctx.now_s\n",
    ),
    (
        "        self.learn(ctx, message[1])",
        "        self.heard_s = ctx.now_s\n        self.learn(ctx, message[1])",
    ),
]
