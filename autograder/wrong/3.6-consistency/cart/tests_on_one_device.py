"""Everything is tried on one device."""

CHECK = "cart.tests_sums"
REPLACE = [
    (
        "CART_TESTS = [",
        "CART_TESTS = [test_one_device, test_refused, test_state_does_not_grow] or [",
    ),
]
