"""The message leaves with the vector from before the sending."""

CHECK = "vector_clock.send"
REPLACE = [
    (
        "    def send(self):\n        ### BEGIN SOLUTION\n        return self.tick()\n",
        "    def send(self):\n"
        "        ### BEGIN SOLUTION\n"
        "        before = self.vector()\n"
        "        self.tick()\n"
        "        return before\n",
    ),
]
