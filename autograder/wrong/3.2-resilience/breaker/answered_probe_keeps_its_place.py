"""An exception that is no failure is not recorded at all: a probe answered with 404 never ends."""

CHECK = "breaker.failures"
REPLACE = [
    (
        "            self._record(period, failed=self._is_failure(error))\n",
        "            if self._is_failure(error):\n                self._record(period, failed=True)\n",
    ),
]
