"""Of two stamps with one number each node keeps its own."""

CHECK = "cap_register.ap_storm"
REPLACE = [
    (
        "(highest + 1, ctx.name)",
        '(highest + 1, "")',
    ),
]
