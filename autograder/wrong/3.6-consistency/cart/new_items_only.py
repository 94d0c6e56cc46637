"""A merge takes over items that are not there yet."""

CHECK = "cart.sums"
REPLACE = [
    (
        "        for item, entries in state.items():\n",
        "        for item, entries in state.items():\n            if item in self.items():\n                continue\n",
    ),
]
