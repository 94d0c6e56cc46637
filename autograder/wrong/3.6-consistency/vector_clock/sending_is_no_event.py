"""A message carries the vector of the event before it: sending does not count."""

CHECK = "vector_clock.send"
REPLACE = [
    (
        "    def send(self):\n        ### BEGIN SOLUTION\n        return self.tick()\n",
        "    def send(self):\n        ### BEGIN SOLUTION\n        return self.vector()\n",
    ),
]
