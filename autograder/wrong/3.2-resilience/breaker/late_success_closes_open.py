"""A success that arrives while the breaker is open closes it."""

CHECK = "breaker.late"
REPLACE = [
    (
        "            if period != self._period:\n                return\n",
        "            if period != self._period:\n"
        '                if not failed and self._state == "OPEN":\n'
        '                    self._change("CLOSED")\n'
        "                return\n",
    ),
]
