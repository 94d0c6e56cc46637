"""set_quantity adds to what is there."""

CHECK = "cart.sets"
REPLACE = [
    (
        "        self.remove(item)\n        if quantity > 0:\n",
        "        if quantity == 0:\n            self.remove(item)\n        if quantity > 0:\n",
    ),
]
