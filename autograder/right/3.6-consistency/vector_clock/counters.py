"""Python's own Counter is a vector: its union is the maximum, entry by entry, and what is not there is 0."""

from collections import Counter


class VectorClock:
    def __init__(self, process):
        self.process = process
        self.known = Counter()

    def vector(self):
        return dict(self.known)

    def tick(self):
        self.known[self.process] += 1
        return self.vector()

    send = tick

    def receive(self, vector):
        self.known |= Counter(vector)
        return self.tick()

    @staticmethod
    def compare(first, second):
        first, second = Counter(first), Counter(second)
        answers = {(True, True): "equal", (True, False): "before", (False, True): "after"}
        return answers.get((first <= second, second <= first), "concurrent")
