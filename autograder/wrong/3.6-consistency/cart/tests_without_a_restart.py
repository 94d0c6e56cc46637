"""No device is ever restarted."""

CHECK = "cart.tests_sync"
REPLACE = [
    (
        "def test_restart(Cart)",
        "def untest_restart(Cart)",
    ),
]
