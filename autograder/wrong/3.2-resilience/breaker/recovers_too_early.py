"""Lets a probe through after half of the recovery time."""

CHECK = "breaker.recovery"
REPLACE = [
    (
        "self._opened_at_s + self._recovery_time_s - self._clock()",
        "self._opened_at_s + self._recovery_time_s / 2 - self._clock()",
    ),
]
