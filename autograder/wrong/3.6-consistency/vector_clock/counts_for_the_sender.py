"""An arrival also counts in the entry of the process that knows most: the supposed sender."""

CHECK = "vector_clock.receive"
REPLACE = [
    (
        "            self._entries[process] = max(count, self._entries.get(process, 0))\n        return self.tick()\n",
        "            self._entries[process] = max(count, self._entries.get(process, 0))\n"
        "        sender = max(vector, key=vector.get, default=self._process)\n"
        "        self._entries[sender] += sender != self._process\n"
        "        return self.tick()\n",
    ),
]
