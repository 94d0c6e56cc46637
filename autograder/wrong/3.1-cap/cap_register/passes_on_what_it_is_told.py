"""Whoever is told to keep a value tells everybody else."""

CHECK = "cap_register.cp_cost"
REPLACE = [
    (
        '                ctx.send(sender, ("stored", number))',
        '                ctx.send(sender, ("stored", number))\n'
        "                if number:\n"
        '                    ctx.broadcast(("store", "", key, tag, value))',
    ),
]
