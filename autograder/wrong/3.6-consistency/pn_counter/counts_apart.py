"""The replica counts in a number of its own, which starts at 0 after a restart."""

CHECK = "pn_counter.restart"
REPLACE = [
    (
        "        self._added = {}\n",
        "        self._added = {}\n        self._own = {}\n",
    ),
    (
        "        counts[self._replica] = counts.get(self._replica, 0) + by\n",
        "        name = 'added' if counts is self._added else 'taken'\n"
        "        self._own[name] = self._own.get(name, 0) + by\n"
        "        counts[self._replica] = max(self._own[name], counts.get(self._replica, 0))\n",
    ),
]
