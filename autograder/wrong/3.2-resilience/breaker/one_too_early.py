"""Opens with the failure before the last one that it takes."""

CHECK = "breaker.threshold"
REPLACE = [
    (
        "len(self._failures) >= self._failure_threshold",
        "len(self._failures) >= self._failure_threshold - 1",
    ),
]
