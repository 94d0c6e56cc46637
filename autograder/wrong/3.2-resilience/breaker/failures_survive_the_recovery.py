"""Keeps the failures from before the outage when a probe closes the breaker."""

CHECK = "breaker.closes"
REPLACE = [
    (
        '        if state == "CLOSED":\n            self._failures.clear()\n',
        "",
    ),
]
