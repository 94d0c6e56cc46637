"""A merge takes the other's additions as they are."""

CHECK = "or_set.old"
REPLACE = [
    (
        "        self._dots = kept\n",
        "        self._dots = dict(theirs)\n",
    ),
]
