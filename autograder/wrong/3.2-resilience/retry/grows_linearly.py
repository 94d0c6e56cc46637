"""base_s times the number of the attempt."""

CHECK = "retry.backoff"
REPLACE = [
    ("min(self._cap_s, self._base_s * 2 ** min(attempt - 1, 60))", "min(self._cap_s, self._base_s * attempt)"),
]
