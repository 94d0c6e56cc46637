"""A read is answered from what the node has, and asks nobody."""

CHECK = "cap_register.cp_reads"
REPLACE = [
    (
        "        self.serial += 1\n        number =",
        '        if call[0] == "read":\n'
        "            ctx.reply(request, self.kept(call[1])[1])\n"
        "            return\n"
        "        self.serial += 1\n"
        "        number =",
    ),
]
