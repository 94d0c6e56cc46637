"""Waits for all nodes, not for a majority."""

CHECK = "cap_register.cp_majority"
REPLACE = [
    (
        "        return len(names) > (len(ctx.peers) + 1) / 2",
        "        return len(names) > len(ctx.peers)",
    ),
]
