"""Counts first, and complains afterwards."""

CHECK = "pn_counter.refuses"
REPLACE = [
    (
        "        if by < 0:\n"
        '            raise ValueError(f"{by} is negative")\n'
        "        counts[self._replica] = counts.get(self._replica, 0) + by\n",
        "        counts[self._replica] = counts.get(self._replica, 0) + by\n"
        "        if by < 0:\n"
        '            raise ValueError(f"{by} is negative")\n',
    ),
]
