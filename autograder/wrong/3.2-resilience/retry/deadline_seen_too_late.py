"""Looks at the clock before a wait, but not at how long the wait is: it sleeps past the deadline."""

CHECK = "retry.deadline"
REPLACE = [
    ("self._clock() + wait_s > ends_s", "self._clock() > ends_s"),
]
