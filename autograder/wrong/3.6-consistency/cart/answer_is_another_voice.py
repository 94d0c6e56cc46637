"""An answer replaces the device's own setting only, so the question stays."""

CHECK = "cart.settles"
REPLACE = [
    (
        '            entry["put_gone"] = entry["put"]\n            entry["sets_gone"] = entry["sets"]\n',
        '            entry["put_gone"] = entry["put"]\n'
        "        own = self._entry(item, self._device)\n"
        '        own["sets_gone"] = own["sets"]\n',
    ),
]
