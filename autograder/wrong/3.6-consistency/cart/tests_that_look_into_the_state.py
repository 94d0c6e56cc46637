"""A test knows how the learner's own cart writes its state."""

CHECK = "cart.tests_right"
REPLACE = [
    (
        "    before = len(repr(cart.state()))\n",
        '    assert cart.state()["milk"]["phone"]["put"] == 1\n    before = len(repr(cart.state()))\n',
    ),
]
