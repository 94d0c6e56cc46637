"""A negative setting takes the item out, and then complains."""

CHECK = "cart.refuses"
REPLACE = [
    (
        "        if quantity < 0:\n"
        '            raise ValueError(f"a cart cannot hold {quantity}")\n'
        "        self.remove(item)\n",
        "        self.remove(item)\n"
        "        if quantity < 0:\n"
        '            raise ValueError(f"a cart cannot hold {quantity}")\n',
    ),
]
