"""An event counts in every entry that the clock has."""

CHECK = "vector_clock.receive"
REPLACE = [
    (
        "        self._entries[self._process] = self._entries.get(self._process, 0) + 1\n"
        "        return self.vector()\n",
        "        self._entries.setdefault(self._process, 0)\n"
        "        self._entries = {name: count + 1 for name, count in self._entries.items()}\n"
        "        return self.vector()\n",
    ),
]
