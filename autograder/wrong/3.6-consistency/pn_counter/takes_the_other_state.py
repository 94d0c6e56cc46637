"""A merge takes the other's counts as they are."""

CHECK = "pn_counter.merge"
REPLACE = [
    (
        "                counts[replica] = max(count, counts.get(replica, 0))\n",
        "                counts[replica] = count\n",
    ),
    (
        "        for counts, theirs in",
        "        self._added.clear()\n        self._taken.clear()\n        for counts, theirs in",
    ),
]
