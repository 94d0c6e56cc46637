"""A removal takes the additions of its own replica."""

CHECK = "or_set.observed"
REPLACE = [
    (
        "        self._dots = {dot: kept for dot, kept in self._dots.items() if kept != item}\n",
        "        self._dots = {dot: kept for dot, kept in self._dots.items() if kept != item or"
        " dot[0] != self._replica}\n",
    ),
]
