"""Tells one other node, which may tell the next."""

CHECK = "cap_register.ap_spreads"
REPLACE = [
    (
        '        ctx.broadcast(("news", self.known))',
        '        ctx.send(ctx.peers[0], ("news", self.known))',
    ),
]
