"""Removals on two devices are not tried."""

CHECK = "cart.tests_removal"
REPLACE = [
    (
        "def test_removal_takes_what_it_has_seen(Cart)",
        "def untest_removal_takes_what_it_has_seen(Cart)",
    ),
]
