"""A state has the replica's own counts only, and passes on nothing."""

CHECK = "pn_counter.merge"
REPLACE = [
    (
        '        return {"added": self._added, "taken": self._taken}\n',
        "        me = self._replica\n"
        '        return {"added": {me: self._added.get(me, 0)}, "taken": {me: self._taken.get(me, 0)}}\n',
    ),
]
