"""A state from a replica that was heard of before is left out if it is not longer: removals are missed."""

CHECK = "or_set.converges"
REPLACE = [
    (
        '        theirs, seen = state["dots"], state["seen"]\n',
        '        theirs, seen = state["dots"], state["seen"]\n'
        "        if all(number <= self._seen.get(replica, 0) for replica, number in seen.items()):\n"
        "            return\n",
    ),
]
