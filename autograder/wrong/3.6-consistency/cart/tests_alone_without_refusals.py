"""Nobody tries a quantity that makes no sense."""

CHECK = "cart.tests_local"
REPLACE = [
    (
        "def test_refused(Cart)",
        "def untest_refused(Cart)",
    ),
]
