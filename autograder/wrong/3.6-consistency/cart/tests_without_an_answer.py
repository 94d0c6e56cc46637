"""A conflict is seen, and never settled."""

CHECK = "cart.tests_conflicts"
REPLACE = [
    (
        " and phone.conflicts() == tablet.conflicts() == {}\n\n\ndef test_old",
        "\n\n\ndef test_old",
    ),
]
