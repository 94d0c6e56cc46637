"""A second add replaces the first."""

CHECK = "cart.local"
REPLACE = [
    (
        '        self._entry(item, self._device)["put"] += quantity\n',
        '        self.remove(item)\n        self._entry(item, self._device)["put"] += quantity\n',
    ),
]
