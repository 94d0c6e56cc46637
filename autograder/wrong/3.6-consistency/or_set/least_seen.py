"""A merge takes the lesser of what both have seen."""

CHECK = "or_set.old"
REPLACE = [
    (
        "            self._seen[replica] = max(number, self._seen.get(replica, 0))\n",
        "            self._seen[replica] = min(number, self._seen.get(replica, number))\n",
    ),
]
