"""Draws from the uncapped backoff and cuts off at the cap: most late waits are exactly the cap, and clients meet
there."""

CHECK = "retry.cap"
REPLACE = [
    ("min(self._cap_s, self._base_s * 2 ** min(attempt - 1, 60))", "self._base_s * 2 ** min(attempt - 1, 60)"),
    ("self._uniform(0, longest_s)", "min(self._cap_s, self._uniform(0, longest_s))"),
]
