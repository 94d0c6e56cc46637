"""A test demands the order in which things were put in."""

CHECK = "cart.tests_right"
REPLACE = [
    (
        '    assert phone.items() == tablet.items() == {"milk": 5, "tea": 1}\n',
        '    assert list(tablet.items()) == ["milk", "tea"]\n    assert list(phone.items()) == ["milk", "tea"]\n',
    ),
]
