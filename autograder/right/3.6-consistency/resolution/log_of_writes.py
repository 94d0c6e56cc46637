"""All writes ever made, each with the names of those that it replaces; a context is a list of names."""


class Register:
    def __init__(self, replica):
        self._replica, self._writes = replica, {}

    def _left(self):
        replaced = {name for _value, names in self._writes.values() for name in names}
        return {name: value for name, (value, _names) in self._writes.items() if name not in replaced}

    def read(self):
        return [*self._left().values()], [*self._writes]

    def write(self, value, context):
        # Also the names of writes that are known elsewhere only: they may come later.
        number = sum(name.startswith(f"{self._replica}:") for name in self._writes)
        self._writes[f"{self._replica}:{number}"] = (value, context or [])

    def state(self):
        return self._writes

    def merge(self, state):
        self._writes.update(state)


def last_writer(versions):
    best = None
    for version in versions:
        if best is None or (version["time_s"], version["writer"]) > (best["time_s"], best["writer"]):
            best = version
    return best["value"] if best else None


def merge_counter(base, copies):
    total = base
    for copy in copies:
        total += copy - base
    return total
