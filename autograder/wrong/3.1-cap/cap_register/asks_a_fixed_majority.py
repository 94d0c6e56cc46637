"""Asks only as many nodes as it needs, always the same."""

CHECK = "cap_register.cp_majority"
REPLACE = [
    (
        "        for peer in ctx.peers:",
        "        for peer in ctx.peers[: (len(ctx.peers) + 1) // 2]:",
    ),
]
