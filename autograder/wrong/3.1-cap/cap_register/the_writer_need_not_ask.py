"""A node whose own write is the last that it knows of answers reads from what it has."""

CHECK = "cap_register.cp_storm"
REPLACE = [
    (
        "        self.serial += 1\n        number =",
        '        if call[0] == "read" and self.kept(call[1])[0][1] == ctx.name:\n'
        "            ctx.reply(request, self.kept(call[1])[1])\n"
        "            return\n"
        "        self.serial += 1\n"
        "        number =",
    ),
]
