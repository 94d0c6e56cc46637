"""The state is one JSON text for each item; one clock for all."""

import json


class ORSet:
    def __init__(self, replica):
        self.me, self.live, self.clock = replica, {}, {}

    def add(self, item):
        self.clock[self.me] = self.clock.get(self.me, 0) + 1
        self.live[item] = {self.me: self.clock[self.me]}

    def remove(self, item):
        self.live.pop(item, None)

    def contains(self, item):
        return bool(self.live.get(item))

    def items(self):
        return {item for item in self.live if self.live[item]}

    def state(self):
        return [json.dumps(self.clock), *(json.dumps([item, dots]) for item, dots in self.live.items())]

    def merge(self, state):
        clock, *lines = map(json.loads, state)
        theirs = dict(lines)
        merged = {}
        for item in {*self.live, *theirs}:
            mine, other = self.live.get(item, {}), theirs.get(item, {})
            dots = {r: n for r, n in mine.items() if other.get(r) == n or n > clock.get(r, 0)}
            dots |= {r: n for r, n in other.items() if mine.get(r) == n or n > self.clock.get(r, 0)}
            if dots:
                merged[item] = dots
        self.live = merged
        self.clock = {r: max(self.clock.get(r, 0), clock.get(r, 0)) for r in {*self.clock, *clock}}
