"""Opens a new ballot for a client that asks when the value is known already."""

CHECK = "paxos.answer"
REPLACE = [
    (
        "        if self.chosen is not None:\n"
        "            ctx.reply(request, self.chosen)\n"
        "            return\n"
        "        if request",
        "        if self.chosen is not None:\n"
        "            self.ballot, self.chosen = NO_BALLOT, None\n"
        "        if request",
    ),
]
