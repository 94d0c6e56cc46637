"""Counts failures in a row: one success in between forgets the rest."""

CHECK = "breaker.window"
REPLACE = [
    (
        "            elif failed:\n",
        "            elif not failed:\n                self._failures.clear()\n            else:\n",
    ),
]
