"""A merge takes what either has removed, also if it was added anew meanwhile."""

CHECK = "or_set.concurrent"
REPLACE = [
    (
        "        self._dots = {}  #",
        "        self._gone = set()\n        self._dots = {}  #",
    ),
    (
        "        self._dots = {dot: kept for dot, kept in self._dots.items() if kept != item}\n",
        "        self._gone |= {item} & self.items()\n"
        "        self._dots = {dot: kept for dot, kept in self._dots.items() if kept != item}\n",
    ),
    (
        "        self.remove(item)  # the new addition has seen the older ones, and stands for them\n",
        "        self.remove(item)\n        self._gone.discard(item)\n",
    ),
    (
        '        return {"dots": self._dots, "seen": self._seen}\n',
        '        return {"dots": self._dots, "seen": self._seen, "gone": self._gone}\n',
    ),
    (
        "        self._dots = kept\n",
        '        self._dots = {dot: item for dot, item in kept.items() if item not in state["gone"] | self._gone}\n',
    ),
]
