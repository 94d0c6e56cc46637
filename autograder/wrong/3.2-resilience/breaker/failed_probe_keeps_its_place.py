"""A failed probe never gives its place back: there is no second one."""

CHECK = "breaker.reopens"
REPLACE = [
    (
        "        self._period += 1\n        self._probes_running = 0\n",
        '        self._period += 1\n        if state == "CLOSED":\n            self._probes_running = 0\n',
    ),
]
