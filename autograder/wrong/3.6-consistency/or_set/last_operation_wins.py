"""Additions and removals carry a counter, and the greater one wins: concurrent ones by chance."""

CHECK = "or_set.concurrent"


class ORSet:
    def __init__(self, replica):
        self._replica = replica
        self._last = {}

    def add(self, item):
        self._last[item] = (self._last.get(item, (0,))[0] + 1, "added", self._replica)

    def remove(self, item):
        if self.contains(item):
            self._last[item] = (self._last[item][0] + 1, "gone", self._replica)

    def contains(self, item):
        return self._last.get(item, (0, "gone"))[1] == "added"

    def items(self):
        return [item for item in self._last if self.contains(item)]

    def state(self):
        return self._last

    def merge(self, state):
        for item, last in state.items():
            self._last[item] = max(last, self._last.get(item, (0, "", "")))
