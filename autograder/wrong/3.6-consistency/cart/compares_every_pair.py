"""A merge looks for each item by walking through all."""

CHECK = "cart.large"
REPLACE = [
    (
        "                mine = self._entry(item, device)\n",
        "                for known in self._lines:\n"
        "                    if known == item:\n"
        "                        break\n"
        "                mine = self._entry(item, device)\n",
    ),
]
