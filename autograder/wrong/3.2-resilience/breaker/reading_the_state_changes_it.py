"""Becomes half-open when somebody looks at the state after the recovery time."""

CHECK = "breaker.state"
REPLACE = [
    (
        "        return self._state\n",
        '        if self._state == "OPEN" and self._clock() >= self._opened_at_s + self._recovery_time_s:\n'
        '            self._change("HALF_OPEN")\n'
        "        return self._state\n",
    ),
]
