"""The state carries a list of all changes."""

CHECK = "cart.size"
REPLACE = [
    (
        '        self._entry(item, self._device)["put"] += quantity\n',
        '        self._entry(item, self._device)["put"] += quantity\n'
        '        self._lines.setdefault("", {}).setdefault(f"{self._device}'
        ' {len(self._lines.get(\'\', {}))}", {"put": 0, "put_gone": 0, "sets": 0, "sets_gone": 0, "wanted": 0})\n',
    ),
]
