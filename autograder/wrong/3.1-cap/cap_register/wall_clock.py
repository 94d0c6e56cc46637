"""Takes the time for the number."""

CHECK = "cap_register.ap_last_writer"
REPLACE = [
    (
        "(highest + 1, ctx.name)",
        "(ctx.now_s, ctx.name)",
    ),
]
