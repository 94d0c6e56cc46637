"""If a process is known already, its entry is not renewed."""

CHECK = "vector_clock.receive"
REPLACE = [
    (
        "            self._entries[process] = max(count, self._entries.get(process, 0))\n",
        "            self._entries.setdefault(process, count)\n",
    ),
]
