"""What was removed once cannot be put in again."""

CHECK = "cart.removal"
REPLACE = [
    (
        "            if quantity > 0:\n                found",
        "            if quantity > 0 and not any(entry['put_gone'] for entry in entries.values()):\n"
        "                found",
    ),
]
