"""Whatever by is, one is counted."""

CHECK = "pn_counter.local"
REPLACE = [
    (
        "        counts[self._replica] = counts.get(self._replica, 0) + by\n",
        "        counts[self._replica] = counts.get(self._replica, 0) + 1\n",
    ),
]
