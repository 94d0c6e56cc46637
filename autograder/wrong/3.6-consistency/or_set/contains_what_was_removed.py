"""contains says whether the item was ever there."""

CHECK = "or_set.contains"
REPLACE = [
    (
        "        self._dots = {}  #",
        "        self._ever = set()\n        self._dots = {}  #",
    ),
    (
        "        return item in self._dots.values()\n",
        "        self._ever |= self.items()\n        return item in self._ever\n",
    ),
    (
        "        number = self._seen.get(self._replica, 0) + 1\n",
        "        self._ever.add(item)\n        number = self._seen.get(self._replica, 0) + 1\n",
    ),
]
