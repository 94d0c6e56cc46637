"""Answers a write with the value."""

CHECK = "cap_register.cp_calls"
REPLACE = [
    (
        'ctx.reply(call["request"], call["value"] if call["call"][0] == "read" else None)',
        'ctx.reply(call["request"], call["value"])',
    ),
]
