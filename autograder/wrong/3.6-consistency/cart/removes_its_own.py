"""remove takes out what this device put in."""

CHECK = "cart.removal"
REPLACE = [
    (
        "        for entry in self._lines.get(item, {}).values():\n            entry",
        "        for entry in [self._entry(item, self._device)]:\n            entry",
    ),
]
