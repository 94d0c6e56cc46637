"""Nothing at all."""

CHECK = "*"


class ORSet:
    def __init__(self, replica):
        pass

    def add(self, item):
        pass

    remove = add

    def contains(self, item):
        return False

    def items(self):
        return set()

    def state(self):
        return None

    def merge(self, state):
        pass
