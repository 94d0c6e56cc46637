"""Dates a failure to the moment when the request was sent, not when it failed."""

CHECK = "breaker.ends"
REPLACE = [
    (
        "        with self._lock:\n            period = self._let_through()\n",
        "        with self._lock:\n            period = self._let_through()\n        started_s = self._clock()\n",
    ),
    (
        "self._record(period, failed=self._is_failure(error))",
        "self._record(period, failed=self._is_failure(error), started_s=started_s)",
    ),
    (
        "def _record(self, period, failed):",
        "def _record(self, period, failed, started_s=None):",
    ),
    (
        "            elif failed:\n",
        "            elif failed:\n                now_s = started_s\n",
    ),
]
