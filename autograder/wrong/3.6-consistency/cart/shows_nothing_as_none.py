"""What was taken out is listed with 0."""

CHECK = "cart.local"
REPLACE = [
    (
        "            if quantity > 0:\n                found[item] = quantity\n        return",
        "            found[item] = quantity\n        return",
    ),
]
