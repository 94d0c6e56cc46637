"""Tries for as long as the deadline allows, whatever attempts_max says."""

CHECK = "retry.attempts"
REPLACE = [
    (("                if attempt >= self._attempts_max:\n                    raise\n"), ""),
]
