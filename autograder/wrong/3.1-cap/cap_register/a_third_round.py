"""Asks everybody once more, to be sure."""

CHECK = "cap_register.cp_cost"
REPLACE = [
    (
        "            ctx.cancel_timer(number)\n            del self.calls[number]\n\n    def kept",
        '            ctx.broadcast(("store", number, call["call"][1], call["tag"], call["value"]))\n'
        "            ctx.cancel_timer(number)\n"
        "            del self.calls[number]\n"
        "\n"
        "    def kept",
    ),
]
