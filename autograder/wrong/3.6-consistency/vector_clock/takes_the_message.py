"""An arrival takes the vector of the message as it is, and forgets what it knew."""

CHECK = "vector_clock.receive"
REPLACE = [
    (
        "            self._entries[process] = max(count, self._entries.get(process, 0))\n",
        "            self._entries[process] = count\n",
    ),
]
