"""For each item the dots of its additions, and one vector of what has been seen."""


class ORSet:
    def __init__(self, replica):
        self.replica = replica
        self.dots = {}
        self.seen = {replica: 0}

    def add(self, item):
        self.seen[self.replica] += 1
        self.dots[item] = {(self.replica, self.seen[self.replica])}

    def remove(self, item):
        self.dots.pop(item, None)

    def contains(self, item):
        return item in self.dots

    def items(self):
        return list(self.dots)

    def state(self):
        return {"dots": self.dots, "seen": self.seen}

    def merge(self, state):
        theirs, seen = state["dots"], state["seen"]
        merged = {}
        for item in {*self.dots, *theirs}:
            mine, other = self.dots.get(item, set()), theirs.get(item, set())
            new = {dot for dot in other if dot[1] > self.seen.get(dot[0], 0)}
            left = {dot for dot in mine if dot[1] > seen.get(dot[0], 0)}
            merged[item] = (mine & other) | new | left
        self.dots = {item: dots for item, dots in merged.items() if dots}
        self.seen = {name: max(self.seen.get(name, 0), seen.get(name, 0)) for name in {*self.seen, *seen}}
