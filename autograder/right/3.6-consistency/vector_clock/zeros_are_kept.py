"""Every name that ever turns up has an entry, of 0 as well; vectors are compared by the signs of their differences."""


class VectorClock:
    def __init__(self, process):
        self._process, self._vector = process, {process: 0}

    def vector(self):
        return self._vector.copy()

    def tick(self):
        return self._event({})

    def send(self):
        return self._event({})

    def receive(self, vector):
        return self._event(vector)

    def _event(self, heard):
        names = self._vector.keys() | heard.keys()
        self._vector = {name: max(self._vector.get(name, 0), heard.get(name, 0)) for name in names}
        self._vector[self._process] += 1
        return self.vector()

    @staticmethod
    def compare(first, second):
        signs = set()
        for name in {*first, *second}:
            difference = first.get(name, 0) - second.get(name, 0)
            signs.add((difference > 0) - (difference < 0))
        if {1, -1} <= signs:
            return "concurrent"
        return "after" if 1 in signs else "before" if -1 in signs else "equal"
