"""Looks whether a probe may go, and only then takes its place, without a lock in between."""

CHECK = "breaker.probe_race"
REPLACE = [
    (
        "        with self._lock:\n            period = self._let_through()\n",
        "        period = self._let_through()\n",
    ),
]
