"""A quantity of 0 is kept as a setting, so it is in conflict with another one."""

CHECK = "cart.conflicts"
REPLACE = [
    (
        "        self.remove(item)\n        if quantity > 0:\n",
        "        self.remove(item)\n        if quantity >= 0:\n",
    ),
]
