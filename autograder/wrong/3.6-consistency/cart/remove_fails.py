"""Removing what is not there is an error."""

CHECK = "cart.local"
REPLACE = [
    (
        "        for entry in self._lines.get(item, {}).values():\n",
        "        for entry in self._lines[item].values():\n",
    ),
    (
        "        self.remove(item)\n        if quantity > 0:\n",
        "        if item in self._lines:\n            self.remove(item)\n        if quantity > 0:\n",
    ),
]
