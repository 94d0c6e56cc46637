"""Has the default settings written into it."""

CHECK = "breaker.settings"
REPLACE = [
    (
        "self._failure_threshold = failure_threshold",
        "self._failure_threshold = 5",
    ),
    (
        "self._window_s = window_s",
        "self._window_s = 10.0",
    ),
    (
        "self._recovery_time_s = recovery_time_s",
        "self._recovery_time_s = 30.0",
    ),
]
