"""Removing what is not there is an error."""

CHECK = "or_set.local"
REPLACE = [
    (
        "        self._dots = {dot: kept for dot, kept in self._dots.items() if kept != item}\n",
        "        if not self.contains(item):\n"
        "            raise KeyError(item)\n"
        "        self._dots = {dot: kept for dot, kept in self._dots.items() if kept != item}\n",
    ),
    (
        "        self.remove(item)  # the",
        "        if self.contains(item):\n            self.remove(item)  # the",
    ),
]
