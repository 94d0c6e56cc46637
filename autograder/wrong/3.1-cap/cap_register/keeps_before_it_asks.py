"""A write is kept by its own node before anybody has answered, and refused all the same."""

CHECK = "cap_register.cp_refusal"
REPLACE = [
    (
        "        heard = {ctx.name: self.kept(call[1])}",
        '        if call[0] == "write":\n'
        "            number_, _name = self.kept(call[1])[0]\n"
        "            self.keep(ctx, call[1], (number_ + 1, ctx.name), call[2])\n"
        "        heard = {ctx.name: self.kept(call[1])}",
    ),
]
