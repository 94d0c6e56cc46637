"""What was removed once stays out for ever: a two-phase set."""

CHECK = "or_set.again"


class ORSet:
    def __init__(self, replica):
        self._added, self._removed = set(), set()

    def add(self, item):
        self._added.add(item)

    def remove(self, item):
        if item in self._added:
            self._removed.add(item)

    def contains(self, item):
        return item in self.items()

    def items(self):
        return self._added - self._removed

    def state(self):
        return [self._added, self._removed]

    def merge(self, state):
        self._added |= state[0]
        self._removed |= state[1]
