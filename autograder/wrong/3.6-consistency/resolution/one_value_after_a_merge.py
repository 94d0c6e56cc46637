"""A merge keeps one of the siblings, the greatest value."""

CHECK = "resolution.concurrent"
REPLACE = [
    (
        "        self._values = kept\n",
        "        self._values = dict(sorted(kept.items(), key=lambda pair: str(pair[1]))[-1:])\n",
    ),
]
