"""A merge is the union of the values: what one side has seen replaced comes back."""

CHECK = "resolution.replaces"
REPLACE = [
    (
        " if dot in theirs or dot[1] > seen.get(dot[0], 0)}",
        "}",
    ),
    (
        "            if dot[1] > self._seen.get(dot[0], 0):\n                kept[dot] = value\n",
        "            kept[dot] = value\n",
    ),
]
