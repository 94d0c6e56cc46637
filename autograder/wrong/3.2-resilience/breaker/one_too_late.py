"""Opens with the first failure above the threshold."""

CHECK = "breaker.threshold"
REPLACE = [
    (
        "len(self._failures) >= self._failure_threshold",
        "len(self._failures) > self._failure_threshold",
    ),
]
