"""Stops one attempt early."""

CHECK = "retry.attempts"
REPLACE = [
    ("attempt >= self._attempts_max", "attempt + 1 >= self._attempts_max"),
]
