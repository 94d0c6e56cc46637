"""Where no majority answers, a read is answered from what the node has."""

CHECK = "cap_register.cp_refusal"
REPLACE = [
    (
        '            ctx.refuse(call["request"], "no majority")\n            del',
        '            if call["call"][0] == "read":\n'
        '                ctx.reply(call["request"], self.kept(call["call"][1])[1])\n'
        "            else:\n"
        '                ctx.refuse(call["request"], "no majority")\n'
        "            del",
    ),
]
