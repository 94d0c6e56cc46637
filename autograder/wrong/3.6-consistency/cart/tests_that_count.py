"""The first carts pass, the others fail: the test counts how often it was called."""

CHECK = "cart.tests_sync"
REPLACE = [
    (
        "CART_TESTS = [",
        "def test_calls(Cart, calls=[]):\n"
        "    calls.append(1)\n"
        "    assert len(calls) <= 4\n"
        "\n"
        "\n"
        "CART_TESTS = [test_calls] or [",
    ),
]
