"""Two nodes may give two values the same tag."""

CHECK = "cap_register.cp_calls"
REPLACE = [
    (
        'call["tag"], call["value"] = (highest[0] + 1, ctx.name), new[0]',
        'call["tag"], call["value"] = (highest[0] + 1, ""), new[0]',
    ),
]
