"""The naive form: the tags of all that was ever added and removed are kept."""

CHECK = "or_set.size"


class ORSet:
    def __init__(self, replica):
        self._replica = replica
        self._added, self._removed = {}, set()

    def add(self, item):
        number = sum(tag[0] == self._replica for tag in self._added)
        self._added[self._replica, number] = item

    def remove(self, item):
        self._removed |= {tag for tag, added in self._added.items() if added == item}

    def contains(self, item):
        return item in self.items()

    def items(self):
        return {item for tag, item in self._added.items() if tag not in self._removed}

    def state(self):
        return [self._added, self._removed]

    def merge(self, state):
        self._added |= state[0]
        self._removed |= state[1]
