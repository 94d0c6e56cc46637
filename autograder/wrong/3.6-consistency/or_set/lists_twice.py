"""items lists an item once for each addition."""

CHECK = "or_set.local"
REPLACE = [
    (
        "        self.remove(item)  # the new addition has seen the older ones, and stands for them\n",
        "",
    ),
    (
        "        return set(self._dots.values())\n",
        "        return list(self._dots.values())\n",
    ),
]
