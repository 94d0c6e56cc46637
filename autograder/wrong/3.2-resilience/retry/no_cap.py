"""Doubles without an end."""

CHECK = "retry.cap"
REPLACE = [
    ("min(self._cap_s, self._base_s * 2 ** min(attempt - 1, 60))", "self._base_s * 2 ** min(attempt - 1, 60)"),
]
