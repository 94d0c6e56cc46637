"""Shows half-open as soon as the recovery time is over, though no call has come."""

CHECK = "breaker.state"
REPLACE = [
    (
        "        return self._state\n",
        '        if self._state == "OPEN" and self._clock() >= self._opened_at_s + self._recovery_time_s:\n'
        '            return "HALF_OPEN"\n'
        "        return self._state\n",
    ),
]
