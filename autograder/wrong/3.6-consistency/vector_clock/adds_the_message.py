"""An arrival adds the entries up."""

CHECK = "vector_clock.receive"
REPLACE = [
    (
        "            self._entries[process] = max(count, self._entries.get(process, 0))\n",
        "            self._entries[process] = count + self._entries.get(process, 0)\n",
    ),
]
