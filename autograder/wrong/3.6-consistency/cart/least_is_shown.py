"""The least of the settings is shown."""

CHECK = "cart.conflicts"
REPLACE = [
    (
        "            quantity = added + max(self._wanted(entries), default=0)\n",
        "            quantity = added + min(self._wanted(entries), default=0)\n",
    ),
]
