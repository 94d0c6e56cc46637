"""A write replaces nothing: siblings pile up."""

CHECK = "resolution.replaces"
REPLACE = [
    (
        "        self._values = {dot: kept for dot, kept in self._values.items() if dot[1] > context.get(dot[0], 0)}\n",
        "",
    ),
]
