"""All nodes answer reads from one global dict."""

CHECK = "cap_register.ap_at_once"
REPLACE = [
    (
        'NO_STAMP, GOSSIP_S = (0, ""), 0.5\n',
        'NO_STAMP, GOSSIP_S = (0, ""), 0.5\nKNOWN = {}\n',
    ),
    (
        "            ctx.reply(request, self.known.get(call[1], (NO_STAMP, None))[1])\n",
        "            ctx.reply(request, KNOWN.get(call[1], (NO_STAMP, None))[1])\n",
    ),
    (
        "                self.known[key] = (stamp, value)\n",
        "                self.known[key] = KNOWN[key] = (stamp, value)\n",
    ),
]
