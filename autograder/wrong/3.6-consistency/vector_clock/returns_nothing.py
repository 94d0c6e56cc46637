"""tick changes the clock and returns None."""

CHECK = "vector_clock.tick"
REPLACE = [
    (
        "        self._entries[self._process] = self._entries.get(self._process, 0) + 1\n"
        "        return self.vector()\n",
        "        self._entries[self._process] = self._entries.get(self._process, 0) + 1\n",
    ),
    (
        "    def send(self):\n        ### BEGIN SOLUTION\n        return self.tick()\n",
        "    def send(self):\n        ### BEGIN SOLUTION\n        self.tick()\n        return self.vector()\n",
    ),
    (
        "            self._entries[process] = max(count, self._entries.get(process, 0))\n        return self.tick()\n",
        "            self._entries[process] = max(count, self._entries.get(process, 0))\n"
        "        self.tick()\n"
        "        return self.vector()\n",
    ),
]
