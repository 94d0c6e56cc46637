"""Each sibling carries what its writer had seen, as in dotted version vectors; the replica keeps one vector besides."""

import json


def last_writer(versions):
    ordered = sorted(versions, key=lambda version: version["writer"])
    return max(ordered[::-1], key=lambda version: version["time_s"])["value"] if ordered else None


def below(dot, vector):
    replica, number = dot
    return number <= vector.get(replica, 0)


def joined(first, second):
    return {name: max(first.get(name, 0), second.get(name, 0)) for name in {*first, *second}}


class Register:
    def __init__(self, replica):
        self._me, self._siblings, self._seen = replica, [], {}

    def read(self):
        return [value for _dot, _past, value in self._siblings], json.dumps(self._seen)

    def write(self, value, context):
        past = json.loads(context) if context else {}
        dot = [self._me, max(past.get(self._me, 0), self._seen.get(self._me, 0)) + 1]
        self._siblings = [s for s in self._siblings if not below(s[0], past)] + [[dot, past, value]]
        self._seen = joined(joined(self._seen, past), {self._me: dot[1]})

    def state(self):
        return json.dumps([self._siblings, self._seen])

    def merge(self, state):
        theirs, seen = json.loads(state)
        common = [s for s in self._siblings if s in theirs]
        mine = [s for s in self._siblings if not below(s[0], seen)]
        new = [s for s in theirs if not below(s[0], self._seen)]
        self._siblings = [*common, *(s for s in [*mine, *new] if s not in common)]
        self._seen = joined(self._seen, seen)


def merge_counter(base, copies):
    return sum(copies) - base * (len(copies) - 1)
