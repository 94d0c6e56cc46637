"""Nothing at all, and tests that test nothing."""

CHECK = "*"


class Cart:
    def __init__(self, device):
        pass

    def add(self, item, quantity=1):
        pass

    def set_quantity(self, item, quantity):
        pass

    def remove(self, item):
        pass

    def items(self):
        return {}

    def conflicts(self):
        return {}

    def state(self):
        return None

    def merge(self, state):
        pass


def test_nothing(Cart):
    pass


CART_TESTS = [test_nothing]
