"""Every change walks through the whole cart."""

CHECK = "cart.large"
REPLACE = [
    (
        '        self._entry(item, self._device)["put"] += quantity\n',
        "        for known in self._lines:\n"
        "            self._lines[known] = dict(self._lines[known])\n"
        '        self._entry(item, self._device)["put"] += quantity\n',
    ),
]
