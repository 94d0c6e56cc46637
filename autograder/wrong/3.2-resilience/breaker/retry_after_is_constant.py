"""Tells every refused caller the whole recovery time, not what is left of it."""

CHECK = "breaker.retry_after"
REPLACE = [
    (
        "raise CircuitOpenError(wait_s)",
        "raise CircuitOpenError(self._recovery_time_s)",
    ),
]
