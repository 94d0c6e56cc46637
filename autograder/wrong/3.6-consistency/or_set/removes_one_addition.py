"""remove takes one addition, not all."""

CHECK = "or_set.local"
REPLACE = [
    (
        "        self.remove(item)  # the new addition has seen the older ones, and stands for them\n",
        "",
    ),
    (
        "        self._dots = {dot: kept for dot, kept in self._dots.items() if kept != item}\n",
        "        seen = [dot for dot, kept in self._dots.items() if kept == item]\n"
        "        if seen:\n"
        "            del self._dots[seen[-1]]\n",
    ),
]
