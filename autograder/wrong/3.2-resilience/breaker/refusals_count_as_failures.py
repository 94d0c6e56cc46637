"""A refused call is one more failure and starts the recovery time anew."""

CHECK = "breaker.recovery"
REPLACE = [
    (
        "                raise CircuitOpenError(wait_s)\n",
        "                self._opened_at_s = self._clock()\n"
        "                raise CircuitOpenError(self._recovery_time_s)\n",
    ),
]
