"""Repeats its questions, and not what it tells others to keep."""

CHECK = "cap_register.cp_retry"
REPLACE = [
    (
        '        call["stored"] = {ctx.name}\n        self.ask(ctx, number)',
        '        call["stored"] = {ctx.name}\n        self.ask(ctx, number)\n        call["told"] = True',
    ),
    (
        "        else:\n            self.ask(ctx, timer)",
        '        elif call.get("told"):\n'
        "            ctx.set_timer(timer, RETRY_S)\n"
        "        else:\n"
        "            self.ask(ctx, timer)",
    ),
]
