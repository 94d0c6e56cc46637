"""Every setting is a question."""

CHECK = "cart.sets"
REPLACE = [
    (
        "if len(quantities) > 1}",
        "if quantities}",
    ),
]
