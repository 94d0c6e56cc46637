"""Each addition has a tag, and the tags of what is gone are kept."""

CHECK = "cart.size"


class Cart:
    def __init__(self, device):
        self._device, self._changes = device, {}

    def _note(self, kind, item, quantity, takes):
        number = sum(tag[0] == self._device for tag in self._changes)
        self._changes[self._device, number] = (kind, item, quantity, takes)

    def _live(self, item=None):
        gone = {tag for change in self._changes.values() for tag in change[3]}
        return {t: c for t, c in self._changes.items() if t not in gone and c[0] != "remove" and item in (None, c[1])}

    def add(self, item, quantity=1):
        if quantity < 1:
            raise ValueError(quantity)
        self._note("add", item, quantity, ())

    def set_quantity(self, item, quantity):
        if quantity < 0:
            raise ValueError(quantity)
        self._note("set" if quantity else "remove", item, quantity, tuple(self._live(item)))

    def remove(self, item):
        self._note("remove", item, 0, tuple(self._live(item)))

    def items(self):
        found, wanted = {}, {}
        for kind, item, quantity, _takes in self._live().values():
            found[item] = found.get(item, 0) + quantity * (kind == "add")
            wanted[item] = max(wanted.get(item, 0), quantity * (kind == "set"))
        return {item: quantity + wanted[item] for item, quantity in found.items()}

    def conflicts(self):
        wanted = {}
        for kind, item, quantity, _takes in self._live().values():
            if kind == "set":
                wanted.setdefault(item, set()).add(quantity)
        return {item: sorted(quantities) for item, quantities in wanted.items() if len(quantities) > 1}

    def state(self):
        return self._changes

    def merge(self, state):
        self._changes |= state


CART_TESTS = []
