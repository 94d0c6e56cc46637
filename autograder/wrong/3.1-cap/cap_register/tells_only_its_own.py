"""Tells others what it was asked to write, and not what it has heard."""

CHECK = "cap_register.ap_relay"
REPLACE = [
    (
        '        ctx.broadcast(("have", self.known))',
        '        ctx.broadcast(("have", {k: one for k, one in self.known.items() if one[0][1] == ctx.name}))',
    ),
]
