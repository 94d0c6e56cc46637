"""For each replica its items with the number of its last addition of them; all as rows of one sorted list."""


class ORSet:
    def __init__(self, replica):
        self._replica = replica
        self._rows = []  # [replica, item, number]
        self._clock = [[replica, 0]]

    def _seen(self, replica):
        return next((number for name, number in self._clock if name == replica), 0)

    def _see(self, replica, number):
        others = [entry for entry in self._clock if entry[0] != replica]
        self._clock = [*others, [replica, max(number, self._seen(replica))]]

    def add(self, item):
        number = self._seen(self._replica) + 1
        self._see(self._replica, number)
        self._rows = [row for row in self._rows if row[1] != item]
        self._rows.append([self._replica, item, number])

    def remove(self, item):
        self._rows = [row for row in self._rows if row[1] != item]

    def contains(self, item):
        return any(row[1] == item for row in self._rows)

    def items(self):
        return tuple(sorted({row[1] for row in self._rows}))

    def state(self):
        return [self._rows, self._clock]

    def merge(self, state):
        rows, clock = state
        other = dict(clock)
        kept = [row for row in self._rows if row in rows or row[2] > other.get(row[0], 0)]
        new = [row for row in rows if row not in self._rows and row[2] > self._seen(row[0])]
        self._rows = [*kept, *new]
        for name, number in clock:
            self._see(name, number)
