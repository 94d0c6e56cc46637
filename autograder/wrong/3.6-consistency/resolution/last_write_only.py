"""A write replaces everything that is there, read or not."""

CHECK = "resolution.stale"
REPLACE = [
    (
        "        self._values = {dot: kept for dot, kept in self._values.items() if dot[1] > context.get(dot[0], 0)}\n",
        "        self._values = {}\n",
    ),
]
