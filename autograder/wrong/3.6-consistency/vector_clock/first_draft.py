"""The draft of the task: nobody has told the clock whose it is, so its first event fails."""

CHECK = "vector_clock.tick"
REPLACE = [
    (
        "        self._process = process\n",
        "        self._process = None\n",
    ),
    (
        "        self._entries[self._process] = self._entries.get(self._process, 0) + 1\n"
        "        return self.vector()\n",
        "        self._entries[self._process] += 1\n        return self.vector()\n",
    ),
]
