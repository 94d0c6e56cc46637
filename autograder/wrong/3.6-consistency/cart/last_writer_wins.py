"""The newer cart wins as a whole."""

CHECK = "cart.sums"


class Cart:
    def __init__(self, device):
        self._device, self._items, self._stamp = device, {}, [0, device]

    def add(self, item, quantity=1):
        if quantity < 1:
            raise ValueError(quantity)
        self.set_quantity(item, self._items.get(item, 0) + quantity)

    def set_quantity(self, item, quantity):
        if quantity < 0:
            raise ValueError(quantity)
        self._items[item] = quantity
        self._stamp = [self._stamp[0] + 1, self._device]

    def remove(self, item):
        self.set_quantity(item, 0)

    def items(self):
        return {item: quantity for item, quantity in self._items.items() if quantity}

    def conflicts(self):
        return {}

    def state(self):
        return [self._stamp, self._items]

    def merge(self, state):
        if state[0] > self._stamp:
            self._stamp, self._items = state


CART_TESTS = []
