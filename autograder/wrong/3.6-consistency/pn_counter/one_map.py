"""One map of sums: the greater sum of a replica is taken for the newer one, so a decrement is lost."""

CHECK = "pn_counter.repeated"
REPLACE = [
    (
        "        self._count(self._taken, by)\n",
        "        if by < 0:\n"
        "            raise ValueError(by)\n"
        "        self._added[self._replica] = self._added.get(self._replica, 0) - by\n",
    ),
]
