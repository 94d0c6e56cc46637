"""A merge brings settled siblings back to the one who settled them."""

CHECK = "resolution.settles"
REPLACE = [
    (
        "            if dot[1] > self._seen.get(dot[0], 0):\n                kept[dot] = value\n",
        "            kept[dot] = value\n",
    ),
]
