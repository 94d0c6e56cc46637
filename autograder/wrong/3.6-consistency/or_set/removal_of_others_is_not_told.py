"""A removal of another replica's addition is forgotten at the next merge."""

CHECK = "or_set.old"
REPLACE = [
    (
        "            if dot[1] > self._seen.get(dot[0], 0):\n                kept[dot] = item\n",
        "            if dot[1] > self._seen.get(dot[0], 0) or dot[0] != self._replica:\n"
        "                kept[dot] = item\n",
    ),
]
