"""A restarted replica numbers its writes from 1 again."""

CHECK = "resolution.merges"
REPLACE = [
    (
        "        self._seen = {}  # of",
        "        self._own = 0\n        self._seen = {}  # of",
    ),
    (
        "        number = self._seen.get(self._replica, 0) + 1\n",
        "        self._own = number = max(self._own, context.get(self._replica, 0)) + 1\n",
    ),
    (
        "        self._seen[self._replica] = number\n",
        "        self._seen[self._replica] = max(number, self._seen.get(self._replica, 0))\n",
    ),
]
