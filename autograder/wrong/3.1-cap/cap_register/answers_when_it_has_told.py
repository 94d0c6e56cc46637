"""A write is answered when it has been sent, before a majority has kept it."""

CHECK = "cap_register.cp_orders"
REPLACE = [
    (
        '        call["stored"] = {ctx.name}\n        self.ask(ctx, number)',
        '        call["stored"] = {ctx.name}\n'
        "        self.ask(ctx, number)\n"
        '        if name == "write":\n'
        '            ctx.reply(call["request"])',
    ),
]
