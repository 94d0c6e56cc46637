"""Settings on two devices are not tried."""

CHECK = "cart.tests_conflicts"
REPLACE = [
    (
        "def test_conflict_is_asked_and_settled(Cart)",
        "def untest_conflict_is_asked_and_settled(Cart)",
    ),
]
