"""A decrement is counted among the increments."""

CHECK = "pn_counter.local"
REPLACE = [
    (
        "        self._count(self._taken, by)\n",
        "        self._count(self._added, by)\n",
    ),
]
