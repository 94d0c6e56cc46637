"""An arrival takes the maximum and does not count itself."""

CHECK = "vector_clock.receive"
REPLACE = [
    (
        "            self._entries[process] = max(count, self._entries.get(process, 0))\n        return self.tick()\n",
        "            self._entries[process] = max(count, self._entries.get(process, 0))\n"
        "        return self.vector()\n",
    ),
]
