"""Tells the others by its timer alone."""

CHECK = "cap_register.ap_spreads"
REPLACE = [
    (
        '        ctx.broadcast(("news", self.known))',
        "        pass",
    ),
]
