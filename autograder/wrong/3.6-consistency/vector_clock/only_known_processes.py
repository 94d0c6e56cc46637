"""An arrival looks at the entries that the clock has; a new process is never taken in."""

CHECK = "vector_clock.unknown"
REPLACE = [
    (
        "            self._entries[process] = max(count, self._entries.get(process, 0))\n",
        "            if process in self._entries:\n"
        "                self._entries[process] = max(count, self._entries.get(process, 0))\n",
    ),
]
