"""contains looks at the replica's own additions only."""

CHECK = "or_set.contains"
REPLACE = [
    (
        "        return item in self._dots.values()\n",
        "        return any(kept == item and dot[0] == self._replica for dot, kept in self._dots.items())\n",
    ),
]
