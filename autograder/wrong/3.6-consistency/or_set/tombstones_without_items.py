"""Tags of what was removed are kept without the items, for ever all the same."""

CHECK = "or_set.size"


class ORSet:
    def __init__(self, replica):
        self._replica = replica
        self._count = 0
        self._added, self._removed = {}, set()

    def add(self, item):
        own = [number for replica, number in (*self._added, *self._removed) if replica == self._replica]
        self._added[self._replica, max(own, default=0) + 1] = item

    def remove(self, item):
        gone = {tag for tag, added in self._added.items() if added == item}
        self._removed |= gone
        self._added = {tag: added for tag, added in self._added.items() if tag not in gone}

    def contains(self, item):
        return item in self.items()

    def items(self):
        return set(self._added.values())

    def state(self):
        return [self._added, self._removed]

    def merge(self, state):
        self._removed |= state[1]
        self._added = {t: item for t, item in (self._added | state[0]).items() if t not in self._removed}
