"""A failure that arrives while the breaker is open starts the recovery time anew."""

CHECK = "breaker.late"
REPLACE = [
    (
        "            if period != self._period:\n                return\n",
        "            if period != self._period:\n"
        '                if failed and self._state == "OPEN":\n'
        "                    self._opened_at_s = self._clock()\n"
        "                return\n",
    ),
]
