"""Any end of a probe closes the breaker, as if it had only to be alive."""

CHECK = "breaker.reopens"
REPLACE = [
    (
        'self._change("OPEN" if failed else "CLOSED", now_s)',
        'self._change("CLOSED", now_s)',
    ),
]
