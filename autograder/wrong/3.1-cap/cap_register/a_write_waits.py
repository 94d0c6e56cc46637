"""Answers a write a moment later."""

CHECK = "cap_register.ap_at_once"
REPLACE = [
    (
        '        ctx.reply(request)\n        ctx.broadcast(("news", self.known))',
        '        ctx.set_timer(request, 0.01)\n        ctx.broadcast(("news", self.known))',
    ),
    (
        '        ctx.broadcast(("have", self.known))\n        ctx.set_timer("gossip", GOSSIP_S)',
        '        if timer != "gossip":\n'
        "            ctx.reply(timer)\n"
        "            return\n"
        '        ctx.broadcast(("have", self.known))\n'
        '        ctx.set_timer("gossip", GOSSIP_S)',
    ),
]
