"""Failures of calls from before the outage count after it."""

CHECK = "breaker.late"
REPLACE = [
    (
        "            if period != self._period:\n                return\n",
        '            if period != self._period and self._state != "CLOSED":\n                return\n',
    ),
]
