"""Per replica the number of its last change and the sum after it: the greater number is newer, the sum may fall."""


class PNCounter:
    def __init__(self, replica):
        self._replica = replica
        self._last = {}

    def _change(self, by):
        number, total = self._last.get(self._replica, (0, 0))
        self._last[self._replica] = (number + 1, total + by)

    def increment(self, by=1):
        if by < 0:
            raise ValueError(f"{by} < 0")
        self._change(by)

    def decrement(self, by=1):
        if by < 0:
            raise ValueError(f"{by} < 0")
        self._change(-by)

    def value(self):
        return sum(total for _number, total in self._last.values())

    def state(self):
        return self._last

    def merge(self, state):
        for replica, last in state.items():
            self._last[replica] = max(last, self._last.get(replica, (0, 0)))
