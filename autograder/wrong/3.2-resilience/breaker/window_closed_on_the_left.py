"""A failure that is exactly ten seconds old still counts."""

CHECK = "breaker.window_edge"
REPLACE = [
    (
        "self._failures[0] <= now_s - self._window_s",
        "self._failures[0] < now_s - self._window_s",
    ),
]
