"""An addition is numbered after the greatest that is still there."""

CHECK = "or_set.restart"
REPLACE = [
    (
        "        number = self._seen.get(self._replica, 0) + 1\n",
        "        own = [n for replica, n in self._dots if replica == self._replica]\n"
        "        self._last = number = max([*own, getattr(self, '_last', 0)]) + 1\n",
    ),
    (
        "        self._seen[self._replica] = number\n",
        "        self._seen[self._replica] = max(number, self._seen.get(self._replica, 0))\n",
    ),
]
