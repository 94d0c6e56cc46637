"""Only removals that everybody has seen are tried."""

CHECK = "cart.tests_removal"
REPLACE = [
    (
        '    phone.add("milk", 3)\n'
        "    meet(phone, tablet)\n"
        "    tablet.merge(old)\n"
        '    assert phone.items() == tablet.items() == {"milk": 3}\n',
        "    meet(phone, tablet)\n",
    ),
]
