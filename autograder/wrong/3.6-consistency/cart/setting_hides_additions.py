"""After a setting additions do not count."""

CHECK = "cart.sets"
REPLACE = [
    (
        "            quantity = added + max(self._wanted(entries), default=0)\n",
        "            quantity = max(self._wanted(entries), default=added)\n",
    ),
]
