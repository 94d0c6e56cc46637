"""For each replica a pair: what it has counted up and down since the beginning."""


class PNCounter:
    def __init__(self, replica):
        self.replica = replica
        self.pairs = {}

    def _move(self, up, down):
        if up < 0 or down < 0:
            raise ValueError("counts only grow")
        before = self.pairs.get(self.replica, (0, 0))
        self.pairs[self.replica] = (before[0] + up, before[1] + down)

    def increment(self, by=1):
        self._move(by, 0)

    def decrement(self, by=1):
        self._move(0, by)

    def value(self):
        return sum(up - down for up, down in self.pairs.values())

    def state(self):
        return [[name, *pair] for name, pair in self.pairs.items()]

    def merge(self, state):
        for name, up, down in state:
            mine = self.pairs.get(name, (0, 0))
            self.pairs[name] = (max(mine[0], up), max(mine[1], down))
