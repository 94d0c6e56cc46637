"""Keeps values in memory only."""

CHECK = "cap_register.cp_memory"
REPLACE = [
    (
        '            ctx.disk["store"] = self.store',
        "            pass",
    ),
]
