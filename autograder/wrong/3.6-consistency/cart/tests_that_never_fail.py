"""No cart fails."""

CHECK = "cart.tests_right"
REPLACE = [
    (
        "CART_TESTS = [",
        "CART_TESTS = [lambda Cart: None] or [",
    ),
]
