"""The state is the log of all changes, hidden in one text."""

import json

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
        number = sum(name.startswith(f"{self._replica} ") for name in self._changes)
        self._changes[f"{self._replica} {number}"] = by

    def value(self):
        return sum(self._changes.values())

    def state(self):
        return json.dumps(self._changes)

    def merge(self, state):
        self._changes |= json.loads(state)
