"""The state is a number, and the greater number wins."""

CHECK = "pn_counter.merge"


class PNCounter:
    def __init__(self, replica):
        self._value = 0

    def increment(self, by=1):
        if by < 0:
            raise ValueError(by)
        self._value += by

    def decrement(self, by=1):
        if by < 0:
            raise ValueError(by)
        self._value -= by

    def value(self):
        return self._value

    def state(self):
        return self._value

    def merge(self, state):
        self._value = max(self._value, state)
