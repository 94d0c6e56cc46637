"""Every cart fails."""

CHECK = "cart.tests_right"
REPLACE = [
    (
        "CART_TESTS = [",
        "def test_nothing(Cart):\n    raise AssertionError\n\n\nCART_TESTS = [",
    ),
]
