"""A merge does not ask what it has seen replaced itself."""

CHECK = "resolution.merges"
REPLACE = [
    (
        "            if dot[1] > self._seen.get(dot[0], 0):\n                kept[dot] = value\n",
        "            if dot[1] >= self._seen.get(dot[0], 0):\n                kept[dot] = value\n",
    ),
]
