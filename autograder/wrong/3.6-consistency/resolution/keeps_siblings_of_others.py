"""An answer replaces the siblings of its own replica; the others' have to be settled again."""

CHECK = "resolution.settles"
REPLACE = [
    (
        "        self._values = {dot: kept for dot, kept in self._values.items() if dot[1] > context.get(dot[0], 0)}\n",
        "        self._values = {dot: kept for dot, kept in self._values.items() if dot[0] !="
        " self._replica and dot[1] >= context.get(dot[0], 0)}\n",
    ),
]
