"""A merge does not take over what the other has seen, so it takes removed additions for new ones."""

CHECK = "or_set.old"
REPLACE = [
    (
        "        for replica, number in seen.items():\n"
        "            self._seen[replica] = max(number, self._seen.get(replica, 0))\n",
        "        for replica, number in kept:\n"
        "            self._seen[replica] = max(number, self._seen.get(replica, 0))\n",
    ),
]
