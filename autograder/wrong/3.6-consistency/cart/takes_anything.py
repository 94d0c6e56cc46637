"""Quantities are not looked at."""

CHECK = "cart.refuses"
REPLACE = [
    (
        '        if quantity < 1:\n            raise ValueError(f"{quantity} cannot be put in")\n',
        "",
    ),
]
