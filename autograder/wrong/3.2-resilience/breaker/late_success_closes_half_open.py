"""While half-open any success closes the breaker, also that of a call from before the outage."""

CHECK = "breaker.late"
REPLACE = [
    (
        "            if period != self._period:\n                return\n",
        '            if period != self._period and (failed or self._state != "HALF_OPEN"):\n                return\n',
    ),
]
