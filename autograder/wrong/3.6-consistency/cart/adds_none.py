"""add of 0 goes through."""

CHECK = "cart.refuses"
REPLACE = [
    (
        "        if quantity < 1:\n",
        "        if quantity < 0:\n",
    ),
]
