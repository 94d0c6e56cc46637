"""A negative setting is taken for 0."""

CHECK = "cart.refuses"
REPLACE = [
    (
        '            raise ValueError(f"a cart cannot hold {quantity}")\n',
        "            quantity = 0\n",
    ),
]
