"""A merge is the union: what one has removed comes back from the other."""

CHECK = "or_set.old"


class ORSet:
    def __init__(self, replica):
        self._items = set()

    def add(self, item):
        self._items.add(item)

    def remove(self, item):
        self._items.discard(item)

    def contains(self, item):
        return item in self._items

    def items(self):
        return self._items

    def state(self):
        return self._items

    def merge(self, state):
        self._items |= state
