"""There are no conflicts."""

CHECK = "cart.conflicts"
REPLACE = [
    (
        "        return {item: sorted(quantities) for item, quantities in wanted.items() if len(quantities) > 1}\n",
        "        return {}\n",
    ),
]
