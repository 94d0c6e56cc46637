"""After a restart additions are numbered from 1 again."""

CHECK = "or_set.restart"
REPLACE = [
    (
        "        self._dots = {}  #",
        "        self._own = 0\n        self._dots = {}  #",
    ),
    (
        "        number = self._seen.get(self._replica, 0) + 1\n",
        "        self._own = number = self._own + 1\n",
    ),
    (
        "        self._seen[self._replica] = number\n",
        "        self._seen[self._replica] = max(number, self._seen.get(self._replica, 0))\n",
    ),
]
