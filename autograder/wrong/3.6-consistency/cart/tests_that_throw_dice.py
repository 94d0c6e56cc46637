"""Nine carts of ten fail, whatever they do."""

CHECK = "cart.tests_right"
REPLACE = [
    (
        "CART_TESTS = [",
        "def test_dice(Cart):\n    import random\n\n    assert random.random() < 0.1\n\n\nCART_TESTS = [",
    ),
]
