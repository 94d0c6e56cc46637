"""Additions of two devices are not tried."""

CHECK = "cart.tests_sums"
REPLACE = [
    (
        "def test_additions_add_up_once(Cart)",
        "def untest_additions_add_up_once(Cart)",
    ),
    (
        "def test_removal_takes_what_it_has_seen(Cart)",
        "def untest_removal_takes_what_it_has_seen(Cart)",
    ),
    (
        "def test_old_states_and_third_devices(Cart)",
        "def untest_old_states_and_third_devices(Cart)",
    ),
    (
        "def test_restart(Cart)",
        "def untest_restart(Cart)",
    ),
]
