"""Counts retries, not attempts: attempts_max=3 makes four."""

CHECK = "retry.attempts"
REPLACE = [
    ("attempt >= self._attempts_max", "attempt > self._attempts_max"),
]
