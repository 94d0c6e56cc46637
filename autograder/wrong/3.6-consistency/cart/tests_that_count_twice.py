"""All carts pass when they are tried for the first time, and none when they are tried again."""

CHECK = "cart.tests_sync"
REPLACE = [
    (
        "CART_TESTS = [",
        "def test_calls(Cart, calls=[]):\n"
        "    calls.append(1)\n"
        "    assert len(calls) <= 8\n"
        "\n"
        "\n"
        "CART_TESTS = [test_calls] or [",
    ),
]
