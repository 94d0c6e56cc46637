"""A second client's value takes the place of the first in the same ballot."""

CHECK = "paxos.adopt"
REPLACE = [
    (
        "            self.waiting.append(request)\n",
        "            self.waiting.append(request)\n"
        "        if self.value is not None:\n"
        "            self.value = value\n"
        "            for name in self.acceptors(ctx):\n"
        '                ctx.send(name, ("accept", self.ballot, value))\n',
    ),
]
