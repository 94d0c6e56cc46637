"""After a failed probe the recovery time runs from the probe's start, not from its end."""

CHECK = "breaker.reopens"
REPLACE = [
    (
        '            self._change("HALF_OPEN")\n',
        '            self._change("HALF_OPEN")\n            self._opened_at_s = self._clock()\n',
    ),
    (
        '                self._change("OPEN" if failed else "CLOSED", now_s)\n',
        '                self._change("OPEN" if failed else "CLOSED", self._opened_at_s)\n',
    ),
]
