"""One flat dict in which the sign is part of the name; the state is text."""

import json


class PNCounter:
    def __init__(self, replica):
        self.me, self.counts = replica, {}

    def increment(self, by=1):
        self.count("+", by)

    def decrement(self, by=1):
        self.count("-", by)

    def count(self, sign, by):
        if not by >= 0:
            raise ValueError(by)
        self.counts[sign + self.me] = self.counts.get(sign + self.me, 0) + by

    def value(self):
        return sum(int(f"{name[0]}1") * count for name, count in self.counts.items())

    def state(self):
        return json.dumps(self.counts)

    def merge(self, state):
        theirs = json.loads(state)
        self.counts = {k: max(self.counts.get(k, 0), theirs.get(k, 0)) for k in {*self.counts, *theirs}}
