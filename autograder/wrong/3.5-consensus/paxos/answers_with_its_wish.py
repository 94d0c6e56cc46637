"""Tells its client what the client wanted to hear, though another value is chosen."""

CHECK = "paxos.answer"
REPLACE = [
    (
        "            self.chosen = value\n",
        "            self.chosen = self.wish\n",
    ),
]
