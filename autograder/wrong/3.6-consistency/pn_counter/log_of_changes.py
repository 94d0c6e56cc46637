"""The state lists every change by its number."""

CHECK = "pn_counter.size"


class PNCounter:
    def __init__(self, replica):
        self._replica = replica
        self._changes = {}

    def increment(self, by=1):
        if by < 0:
            raise ValueError(by)
        self._note(by)

    def decrement(self, by=1):
        if by < 0:
            raise ValueError(by)
        self._note(-by)

    def _note(self, by):
        number = sum(replica == self._replica for replica, _number in self._changes)
        self._changes[self._replica, number] = by

    def value(self):
        return sum(self._changes.values())

    def state(self):
        return self._changes

    def merge(self, state):
        self._changes |= state
