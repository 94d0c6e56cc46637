"""Nothing at all: no events, and everything is equal."""

CHECK = "*"


class VectorClock:
    def __init__(self, process):
        pass

    def vector(self):
        return {}

    tick = send = vector

    def receive(self, vector):
        return {}

    @staticmethod
    def compare(first, second):
        return "equal"
