"""The value is never negative."""

CHECK = "pn_counter.local"
REPLACE = [
    (
        "        return sum(self._added.values()) - sum(self._taken.values())\n",
        "        return max(0, sum(self._added.values()) - sum(self._taken.values()))\n",
    ),
]
