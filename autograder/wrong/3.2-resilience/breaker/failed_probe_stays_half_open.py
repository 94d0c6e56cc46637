"""A failed probe only gives its place back; the next call is a probe again at once."""

CHECK = "breaker.reopens"
REPLACE = [
    (
        '                self._change("OPEN" if failed else "CLOSED", now_s)\n',
        "                if failed:\n"
        "                    self._probes_running -= 1\n"
        "                else:\n"
        '                    self._change("CLOSED")\n',
    ),
]
