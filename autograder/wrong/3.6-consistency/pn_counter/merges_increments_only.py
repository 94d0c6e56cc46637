"""Decrements of others are not taken over."""

CHECK = "pn_counter.merge"
REPLACE = [
    (
        '((self._added, state["added"]), (self._taken, state["taken"]))',
        '((self._added, state["added"]),)',
    ),
]
