"""An item added again gets its old name back, which others have seen removed."""

CHECK = "or_set.again"
REPLACE = [
    (
        "        number = self._seen.get(self._replica, 0) + 1\n",
        "        names = self.__dict__.setdefault('_names', {})\n"
        "        number = names.setdefault(item, len(names) + 1)\n",
    ),
    (
        "        self._seen[self._replica] = number\n",
        "        self._seen[self._replica] = max(number, self._seen.get(self._replica, 0))\n",
    ),
]
