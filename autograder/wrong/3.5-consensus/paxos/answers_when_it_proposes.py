"""Answers the client as soon as it has proposed: the rest is a formality, it thinks."""

CHECK = "paxos.answer"
REPLACE = [
    (
        '            ctx.send(name, ("accept", self.ballot, self.value))\n',
        '            ctx.send(name, ("accept", self.ballot, self.value))\n'
        "        for request in self.waiting:\n"
        "            ctx.reply(request, self.value)\n"
        "        self.waiting = []\n",
    ),
]
