"""Tests that make no cart."""

CHECK = "cart.tests_right"
REPLACE = [
    (
        "CART_TESTS = [",
        "CART_TESTS = [lambda Cart: len([])] or [",
    ),
]
