"""A read is answered after its first round."""

CHECK = "cap_register.cp_reads"
REPLACE = [
    (
        '        self.keep(ctx, key, call["tag"], call["value"])\n        call["stored"] = {ctx.name}',
        '        if name == "read":\n'
        '            ctx.reply(call["request"], call["value"])\n'
        "            ctx.cancel_timer(number)\n"
        "            del self.calls[number]\n"
        "            return\n"
        '        self.keep(ctx, key, call["tag"], call["value"])\n'
        '        call["stored"] = {ctx.name}',
    ),
]
