"""The last addition that is known is taken for a new one."""

CHECK = "or_set.old"
REPLACE = [
    (
        "            if dot[1] > self._seen.get(dot[0], 0):\n                kept[dot] = item\n",
        "            if dot[1] > -1 + self._seen.get(dot[0], 0):\n                kept[dot] = item\n",
    ),
]
