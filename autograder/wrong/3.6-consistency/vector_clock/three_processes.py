"""There are A, B and C, as in the figure."""

CHECK = "vector_clock.unknown"
REPLACE = [
    (
        "        self._entries = {}\n",
        '        self._entries = dict.fromkeys("ABC", 0)\n',
    ),
    (
        "            self._entries[process] = max(count, self._entries.get(process, 0))\n",
        "            if process in self._entries:\n"
        "                self._entries[process] = max(count, self._entries.get(process, 0))\n",
    ),
]
