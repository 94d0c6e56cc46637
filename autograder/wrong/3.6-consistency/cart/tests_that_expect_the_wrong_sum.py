"""A test expects the greater of two quantities."""

CHECK = "cart.tests_right"
REPLACE = [
    (
        'tablet.items() == {"milk": 5, "tea": 1}',
        'tablet.items() == {"milk": 3, "tea": 1}',
    ),
]
