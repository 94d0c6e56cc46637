"""set_quantity replaces the last setting, and additions stay on top."""

CHECK = "cart.sets"
REPLACE = [
    (
        "        self.remove(item)\n        if quantity > 0:\n",
        "        if quantity == 0:\n"
        "            self.remove(item)\n"
        "        for entry in self._lines.get(item, {}).values():\n"
        '            entry["sets_gone"] = entry["sets"]\n'
        "        if quantity > 0:\n",
    ),
]
