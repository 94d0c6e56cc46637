"""The state has what this device changed, and nothing of others."""

CHECK = "cart.offline"
REPLACE = [
    (
        "        return self._lines\n",
        "        own = {i: {d: e for d, e in es.items() if d == self._device} for i, es in self._lines.items()}\n"
        "        return own\n",
    ),
]
