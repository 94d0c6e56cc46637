"""Nobody looks at the size of the state."""

CHECK = "cart.tests_sync"
REPLACE = [
    (
        "def test_state_does_not_grow(Cart)",
        "def untest_state_does_not_grow(Cart)",
    ),
]
