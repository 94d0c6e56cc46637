"""add puts in one, whatever the quantity."""

CHECK = "cart.local"
REPLACE = [
    (
        '        self._entry(item, self._device)["put"] += quantity\n',
        '        self._entry(item, self._device)["put"] += 1\n',
    ),
]
