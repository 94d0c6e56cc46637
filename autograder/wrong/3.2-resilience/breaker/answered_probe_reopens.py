"""A probe answered with 4xx is no success, so the breaker opens again."""

CHECK = "breaker.failures"
REPLACE = [
    (
        "            self._record(period, failed=self._is_failure(error))\n",
        '            self._record(period, failed=self._is_failure(error) or self._state == "HALF_OPEN")\n',
    ),
]
