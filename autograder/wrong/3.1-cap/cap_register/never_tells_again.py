"""Tells the others once: what is lost in a partition stays lost."""

CHECK = "cap_register.ap_heals"
REPLACE = [
    (
        '        ctx.broadcast(("have", self.known))\n',
        "        pass\n",
    ),
]
