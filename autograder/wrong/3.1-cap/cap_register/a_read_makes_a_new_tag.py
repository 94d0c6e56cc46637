"""A read stores what it has found under a tag of its own, above a write that it did not see."""

CHECK = "cap_register.cp_orders"
REPLACE = [
    (
        '        self.keep(ctx, key, call["tag"], call["value"])\n        call["stored"]',
        "        else:\n"
        '            call["tag"] = (call["tag"][0] + 1, ctx.name)\n'
        '        self.keep(ctx, key, call["tag"], call["value"])\n'
        '        call["stored"]',
    ),
]
