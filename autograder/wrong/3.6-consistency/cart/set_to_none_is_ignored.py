"""set_quantity(item, 0) does nothing."""

CHECK = "cart.sets"
REPLACE = [
    (
        "        self.remove(item)\n        if quantity > 0:\n",
        "        if quantity > 0:\n            self.remove(item)\n",
    ),
]
