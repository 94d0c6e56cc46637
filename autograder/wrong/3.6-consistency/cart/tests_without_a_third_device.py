"""States always come straight, and new."""

CHECK = "cart.tests_sync"
REPLACE = [
    (
        "def test_old_states_and_third_devices(Cart)",
        "def untest_old_states_and_third_devices(Cart)",
    ),
]
