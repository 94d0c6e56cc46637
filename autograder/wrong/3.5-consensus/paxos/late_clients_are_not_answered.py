"""A client that asks when all is over waits for ever."""

CHECK = "paxos.answer"
REPLACE = [
    (
        "            ctx.reply(request, self.chosen)\n            return",
        "            return",
    ),
]
