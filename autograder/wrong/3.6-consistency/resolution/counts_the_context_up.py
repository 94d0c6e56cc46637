"""The new version's number is the context's plus one, as in a version vector with one entry for a server: the second of
two such writes takes the first's place."""

CHECK = "resolution.stale"
REPLACE = [
    (
        "        number = self._seen.get(self._replica, 0) + 1\n",
        "        number = context.get(self._replica, 0) + 1\n",
    ),
    (
        "        self._seen[self._replica] = number\n",
        "        self._seen[self._replica] = max(number, self._seen.get(self._replica, 0))\n",
    ),
]
