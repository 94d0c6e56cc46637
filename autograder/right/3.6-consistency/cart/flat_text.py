"""One flat dict of five numbers under "item|device", which crosses as JSON text."""

import json


class Cart:
    def __init__(self, device):
        self.device, self.entries, self.index = device, {}, {}

    def entry(self, item, device):
        key = f"{item}|{device}"
        if key not in self.entries:
            self.entries[key] = [0, 0, 0, 0, 0]
            self.index.setdefault(item, []).append(key)
        return self.entries[key]

    def of(self, item):
        return [self.entries[key] for key in self.index.get(item, ())]

    def add(self, item, quantity=1):
        if not quantity > 0:
            raise ValueError(quantity)
        self.entry(item, self.device)[0] += quantity

    def remove(self, item):
        for entry in self.of(item):
            entry[1], entry[3] = entry[0], entry[2]

    def set_quantity(self, item, quantity):
        if quantity < 0:
            raise ValueError(quantity)
        self.remove(item)
        if quantity > 0:
            entry = self.entry(item, self.device)
            entry[2:] = entry[2] + 1, entry[3], quantity

    def wanted(self, item):
        return sorted({e[4] for e in self.of(item) if e[2] > e[3]})

    def items(self):
        sums = {item: sum(e[0] - e[1] for e in self.of(item)) + max([0, *self.wanted(item)]) for item in self.index}
        return {item: total for item, total in sums.items() if total > 0}

    def conflicts(self):
        return {item: self.wanted(item) for item in self.index if len(self.wanted(item)) >= 2}

    def state(self):
        # Pieces of a text as long as one counts.
        return [[key, *entry] for key, entry in sorted(self.entries.items())]

    def merge(self, state):
        for key, *theirs in json.loads(json.dumps(state)):
            mine = self.entry(*key.rsplit("|", 1))
            if theirs[2] > mine[2]:
                mine[4] = theirs[4]
            mine[:4] = map(max, mine[:4], theirs[:4])


def test_restart(Cart):
    a, b = Cart("a"), Cart("b")
    a.add("milk", 3)
    b.merge(a.state())
    new = Cart("a")
    new.merge(b.state())
    new.add("milk", 1)
    b.merge(new.state())
    assert b.items() == {"milk": 4}, b.items()


def exchange(*carts):
    for _ in carts:
        for a in carts:
            for b in carts:
                b.merge(a.state())


def refuses(call, *args):
    try:
        call(*args)
    except ValueError:
        return True
    return False


def test_everything(Cart):
    """One story from the first bottle of milk to the last."""
    a, b, c = Cart("a"), Cart("b"), Cart("c")
    a.add("milk", 3)
    a.add("milk")
    assert a.items() == {"milk": 4} and b.items() == {}
    assert refuses(a.add, "milk", 0) and refuses(a.add, "tea", -2) and refuses(a.set_quantity, "milk", -1)
    assert a.items() == {"milk": 4}
    first = a.state()
    b.merge(first)
    b.merge(first)
    assert b.items() == {"milk": 4}
    a.add("milk", 1)
    b.add("milk", 2)
    exchange(a, b, c)
    assert a.items() == b.items() == c.items() == {"milk": 7}
    b.remove("milk")
    a.add("milk", 5)
    exchange(a, b, c)
    assert a.items() == b.items() == c.items() == {"milk": 5}
    c.merge(first)
    assert c.items() == {"milk": 5}
    a.set_quantity("milk", 2)
    a.add("milk", 2)
    assert a.items() == {"milk": 4}
    c.set_quantity("milk", 9)
    exchange(a, b, c)
    assert a.items() == b.items() == {"milk": 11} and b.conflicts() == c.conflicts() == {"milk": [2, 9]}
    b.remove("milk")
    exchange(a, b, c)
    assert a.items() == c.items() == {} and a.conflicts() == c.conflicts() == {}
    a.set_quantity("tea", 2)
    b.set_quantity("tea", 2)
    b.merge(a.state())
    assert b.conflicts() == {} and b.items() == {"tea": 2}
    again = Cart("a")
    again.merge(a.state())
    again.add("salt")
    again.add("milk")
    # By way of b only.
    b.merge(again.state())
    c.merge(b.state())
    assert c.items() == {"tea": 2, "salt": 1, "milk": 1}
    older = again.state()
    again.add("salt")
    c.merge(again.state())
    c.merge(older)
    assert c.items()["salt"] == 2
    again = Cart("a")
    again.merge(a.state())


def test_size(Cart):
    lengths = []
    for rounds in (10, 60):
        cart = Cart("a")
        for _ in range(rounds):
            cart.add("milk")
            cart.remove("milk")
        lengths.append(len(str(cart.state())))
    assert lengths[1] < 2 * lengths[0]


CART_TESTS = (test_everything, test_restart, test_size)
