"""Waits the exponential backoff itself, without jitter: clients that failed together come back together."""

CHECK = "retry.jitter"
REPLACE = [
    ("self._uniform(0, longest_s)", "longest_s"),
]
