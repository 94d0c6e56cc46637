"""Its timer runs out once, and is not set again."""

CHECK = "cap_register.ap_heals"
REPLACE = [
    (
        '        ctx.broadcast(("have", self.known))\n        ctx.set_timer("gossip", GOSSIP_S)',
        '        ctx.broadcast(("have", self.known))',
    ),
]
