"""Two settings are added up."""

CHECK = "cart.conflicts"
REPLACE = [
    (
        "            quantity = added + max(self._wanted(entries), default=0)\n",
        "            quantity = added + sum(self._wanted(entries))\n",
    ),
]
