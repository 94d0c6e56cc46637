"""Half of the backoff for certain, the other half at random."""

CHECK = "retry.jitter"
REPLACE = [
    ("self._uniform(0, longest_s)", "longest_s / 2 + self._uniform(0, longest_s / 2)"),
]
