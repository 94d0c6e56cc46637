"""The backoff plus or minus a quarter, added after the cap: up to 1.25 of cap_s."""

CHECK = "retry.cap"
REPLACE = [
    ("self._uniform(0, longest_s)", "longest_s + self._uniform(-0.25, 0.25) * longest_s"),
]
