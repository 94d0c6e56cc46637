"""Siblings as a set of tuples, the vector as a sorted list of pairs; the context is the vector itself."""

from operator import itemgetter


def last_writer(versions):
    return max(versions, key=itemgetter("time_s", "writer"), default={"value": None})["value"]


def merge_counter(base, copies):
    differences = [copy - base for copy in copies]
    return base + sum(differences)


class Register:
    def __init__(self, replica):
        self.replica = replica
        self.siblings = set()
        self.seen = []

    def read(self):
        return sorted((value for _replica, _number, value in self.siblings), key=str), list(self.seen)

    def write(self, value, context):
        known = dict(context or [])
        self.siblings = {s for s in self.siblings if s[1] > known.get(s[0], 0)}
        self.see(known)
        number = dict(self.seen).get(self.replica, 0) + 1
        self.see({self.replica: number})
        self.siblings.add((self.replica, number, value))

    def see(self, known):
        mine = dict(self.seen)
        self.seen = sorted((name, max(mine.get(name, 0), known.get(name, 0))) for name in {*mine, *known})

    def state(self):
        return self.siblings, self.seen

    def merge(self, state):
        theirs, seen = state[0], dict(state[1])
        mine = dict(self.seen)
        new = {s for s in theirs - self.siblings if s[1] > mine.get(s[0], 0)}
        left = {s for s in self.siblings - theirs if s[1] > seen.get(s[0], 0)}
        self.siblings = (self.siblings & theirs) | new | left
        self.see(seen)
