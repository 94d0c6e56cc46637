"""After a restart additions are counted from 0."""

CHECK = "cart.restart"
REPLACE = [
    (
        "        self._device = device\n",
        "        self._device = device\n        self._own = {}\n",
    ),
    (
        '        self._entry(item, self._device)["put"] += quantity\n',
        "        self._own[item] = self._own.get(item, 0) + quantity\n"
        "        entry = self._entry(item, self._device)\n"
        '        entry["put"] = max(entry["put"], self._own[item])\n',
    ),
]
