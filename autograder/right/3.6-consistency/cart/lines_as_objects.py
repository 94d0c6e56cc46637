"""Each line of the cart is an object that knows how to join another; the state is a list of rows."""

from dataclasses import astuple, dataclass, field


@dataclass
class Share:
    """What one device did to one item. All but `wanted` only grow."""

    put: int = 0
    put_gone: int = 0
    sets: int = 0
    sets_gone: int = 0
    wanted: int = 0

    @property
    def added(self):
        return self.put - self.put_gone

    @property
    def setting(self):
        return self.wanted if self.sets > self.sets_gone else None

    def clear(self):
        self.put_gone, self.sets_gone = self.put, self.sets

    def join(self, other):
        if other.sets > self.sets:
            self.wanted = other.wanted
        self.put, self.put_gone = max(self.put, other.put), max(self.put_gone, other.put_gone)
        self.sets, self.sets_gone = max(self.sets, other.sets), max(self.sets_gone, other.sets_gone)


@dataclass
class Line:
    shares: dict = field(default_factory=dict)

    def share(self, device):
        return self.shares.setdefault(device, Share())

    @property
    def settings(self):
        return sorted({share.setting for share in self.shares.values() if share.setting is not None})

    @property
    def quantity(self):
        return sum(share.added for share in self.shares.values()) + max([0, *self.settings])


class Cart:
    def __init__(self, device):
        self.device = device
        self.lines = {}

    def line(self, item):
        return self.lines.setdefault(item, Line())

    def add(self, item, quantity=1):
        if quantity <= 0:
            raise ValueError(quantity)
        self.line(item).share(self.device).put += quantity

    def set_quantity(self, item, quantity):
        if quantity < 0:
            raise ValueError(quantity)
        self.remove(item)
        if quantity:
            share = self.line(item).share(self.device)
            share.sets, share.wanted = share.sets + 1, quantity

    def remove(self, item):
        if item in self.lines:
            for share in self.lines[item].shares.values():
                share.clear()

    def items(self):
        return {item: line.quantity for item, line in self.lines.items() if line.quantity}

    def conflicts(self):
        return {item: line.settings for item, line in self.lines.items() if len(line.settings) > 1}

    def state(self):
        return [(item, d, *astuple(s)) for item, line in self.lines.items() for d, s in line.shares.items()]

    def merge(self, state):
        for item, device, *numbers in state:
            self.line(item).share(device).join(Share(*numbers))


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
