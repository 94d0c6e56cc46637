"""A clock that holds a sorted tuple of pairs, and makes a new one for each event."""


def joined(first, second):
    return tuple(
        sorted(
            (name, max(dict(first).get(name, 0), dict(second).get(name, 0))) for name in {*dict(first), *dict(second)}
        )
    )


class VectorClock:
    def __init__(self, process):
        self.process, self.pairs = process, ()

    def vector(self):
        return dict(self.pairs)

    def tick(self):
        self.pairs = joined(self.pairs, ((self.process, self.vector().get(self.process, 0) + 1),))
        return self.vector()

    def send(self):
        return self.tick()

    def receive(self, vector):
        self.pairs = joined(self.pairs, tuple(vector.items()))
        return self.tick()

    @staticmethod
    def compare(first, second):
        first, second = (tuple(sorted((k, n) for k, n in v.items() if n)) for v in (first, second))
        both = joined(first, second)
        if first == second:
            return "equal"
        return "before" if both == second else "after" if both == first else "concurrent"
