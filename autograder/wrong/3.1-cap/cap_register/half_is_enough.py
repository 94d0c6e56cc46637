"""Half of four nodes pass for a majority."""

CHECK = "cap_register.cp_refusal"
REPLACE = [
    (
        "        return len(names) > (len(ctx.peers) + 1) / 2",
        "        return len(names) >= (len(ctx.peers) + 1) / 2",
    ),
]
