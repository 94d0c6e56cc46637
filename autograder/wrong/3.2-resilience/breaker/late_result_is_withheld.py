"""Throws away a result that comes after the breaker opened, and tells the caller that it is open."""

CHECK = "breaker.late"
REPLACE = [
    (
        "            if period != self._period:\n                return\n",
        "            if period != self._period:\n                raise CircuitOpenError(0.0)\n",
    ),
]
