"""Acknowledges what it has in memory only."""

CHECK = "cap_register.ap_memory"
REPLACE = [
    (
        '        ctx.disk["known"] = self.known',
        "        pass",
    ),
]
