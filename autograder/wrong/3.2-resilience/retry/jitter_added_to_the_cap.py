"""Exponential backoff up to the cap, and up to base_s of jitter on top."""

CHECK = "retry.cap"
REPLACE = [
    ("self._uniform(0, longest_s)", "longest_s + self._uniform(0, self._base_s)"),
]
