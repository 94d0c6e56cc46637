"""Additions as counts with a floor, settings as dots under a version vector: one that is seen and not held is gone."""


class Cart:
    def __init__(self, device):
        self.device = device
        self.put = {}  # (item, device) -> how many were put in
        self.floor = {}  # (item, device) -> how many of them are gone
        self.settings = {}  # item -> {(device, number): quantity}
        self.seen = {}  # device -> number of its last setting that is known

    def add(self, item, quantity=1):
        if quantity < 1:
            raise ValueError("nothing to put in")
        key = (item, self.device)
        self.put[key] = self.put.get(key, 0) + quantity
        self.devices_of(item).add(self.device)

    def devices_of(self, item):
        return self.__dict__.setdefault("_devices", {}).setdefault(item, set())

    def remove(self, item):
        for device in self.devices_of(item):
            self.floor[item, device] = self.put[item, device]
        self.settings.pop(item, None)

    def set_quantity(self, item, quantity):
        if quantity < 0:
            raise ValueError("less than nothing")
        self.remove(item)
        if quantity:
            number = self.seen.get(self.device, 0) + 1
            self.seen[self.device] = number
            self.settings[item] = {(self.device, number): quantity}

    def items(self):
        found = {}
        for (item, device), put in self.put.items():
            found[item] = found.get(item, 0) + put - self.floor.get((item, device), 0)
        for item, dots in self.settings.items():
            found[item] = found.get(item, 0) + max(dots.values())
        return {item: quantity for item, quantity in found.items() if quantity}

    def conflicts(self):
        asked = {item: sorted(set(dots.values())) for item, dots in self.settings.items()}
        return {item: quantities for item, quantities in asked.items() if len(quantities) > 1}

    def state(self):
        rows = [(item, device, put, self.floor.get((item, device), 0)) for (item, device), put in self.put.items()]
        return {"rows": rows, "settings": self.settings, "seen": self.seen}

    def merge(self, state):
        for item, device, put, gone in state["rows"]:
            key = (item, device)
            self.devices_of(item).add(device)
            self.put[key] = max(put, self.put.get(key, 0))
            self.floor[key] = max(gone, self.floor.get(key, 0))
        theirs, seen = state["settings"], state["seen"]
        for item in {*self.settings, *theirs}:
            mine, other = self.settings.get(item, {}), theirs.get(item, {})
            dots = {d: q for d, q in mine.items() if d in other or d[1] > seen.get(d[0], 0)}
            dots |= {d: q for d, q in other.items() if d in mine or d[1] > self.seen.get(d[0], 0)}
            self.settings[item] = dots
            if not dots:
                del self.settings[item]
        for device, number in seen.items():
            self.seen[device] = max(number, self.seen.get(device, 0))


def story(expected, asked, *steps):
    """A test made of steps: (device, method, ...), (source, ">", target), or (device, "!") for a restart."""

    def test(Cart):
        carts, kept = {}, {}
        for name, what, *rest in steps:
            cart = carts.setdefault(name, Cart(name))
            if what == ">":
                carts.setdefault(rest[0], Cart(rest[0])).merge(cart.state())
            elif what == "keep":
                kept[rest[0]] = cart.state()
            elif what == "late":
                cart.merge(kept[rest[0]])
            elif what == "!":
                carts[name] = Cart(name)
                carts[name].merge(cart.state())
            elif what == "fails":
                try:
                    getattr(cart, rest[0])(*rest[1:])
                except ValueError:
                    continue
                raise AssertionError(rest)
            else:
                getattr(cart, what)(*rest)
        for name, cart in carts.items():
            assert cart.items() == expected, (name, cart.items())
            assert cart.conflicts() == asked, (name, cart.conflicts())

    return test


BOTH = (("p", ">", "t"), ("t", ">", "p"))
CART_TESTS = [
    story({"x": 4}, {}, ("p", "add", "x"), ("p", "add", "x", 3)),
    story({"x": 2}, {}, ("p", "add", "x", 3), ("p", "set_quantity", "x", 2)),
    story({"x": 6}, {}, ("p", "add", "x"), ("p", "set_quantity", "x", 2), ("p", "add", "x", 4)),
    story({}, {}, ("p", "add", "x", 3), ("p", "remove", "x"), ("p", "remove", "y")),
    story({}, {}, ("p", "add", "x", 3), ("p", "set_quantity", "x", 0)),
    story({"x": 1}, {}, ("p", "add", "x", 3), ("p", "remove", "x"), ("p", "add", "x")),
    story({"x": 1}, {}, ("p", "add", "x"), ("p", "fails", "add", "x", 0), ("p", "fails", "set_quantity", "x", -1)),
    story({"x": 3}, {}, ("p", "add", "x"), ("t", "add", "x", 2), *BOTH),
    story({"x": 3}, {}, ("p", "add", "x"), ("t", "add", "x", 2), *BOTH, *BOTH, *BOTH),
    story({"x": 1, "y": 2}, {}, ("p", "add", "x"), ("t", "add", "y", 2), *BOTH),
    story({}, {}, ("p", "add", "x", 2), *BOTH, ("t", "remove", "x"), *BOTH),
    story({}, {}, ("p", "add", "x", 2), ("p", "keep", 1), *BOTH, ("t", "remove", "x"), *BOTH, ("t", "late", 1)),
    story({"x": 3}, {}, ("p", "add", "x", 2), *BOTH, ("t", "remove", "x"), ("p", "add", "x", 3), *BOTH),
    story({"x": 3}, {}, ("p", "add", "x", 2), *BOTH, ("t", "remove", "x"), *BOTH, ("p", "add", "x", 3), *BOTH),
    story({"x": 5}, {"x": [3, 5]}, ("p", "set_quantity", "x", 5), ("t", "set_quantity", "x", 3), *BOTH),
    story({"x": 3}, {}, ("p", "set_quantity", "x", 3), ("t", "set_quantity", "x", 3), *BOTH),
    story(
        {"x": 4},
        {},
        ("p", "set_quantity", "x", 5),
        ("t", "set_quantity", "x", 3),
        *BOTH,
        ("t", "set_quantity", "x", 4),
        *BOTH,
    ),
    story({"x": 2}, {}, ("p", "add", "x", 2), ("p", ">", "t"), ("t", ">", "l")),
    story({"x": 3}, {}, ("p", "add", "x"), ("p", "keep", 1), ("p", "add", "x", 2), ("p", ">", "t"), ("t", "late", 1)),
    story({"x": 3}, {}, ("p", "add", "x"), ("p", ">", "t"), ("p", "!"), ("p", "add", "x", 2), ("p", ">", "t")),
]


def small(Cart):
    cart = Cart("p")
    for _ in range(30):
        cart.add("x")
    half = len(repr(cart.state()))
    for _ in range(30):
        cart.add("x")
    assert len(repr(cart.state())) <= half + 9


CART_TESTS.append(small)
