"""Cuts the last wait to what the deadline leaves, and tries once more at the deadline."""

CHECK = "retry.deadline"
REPLACE = [
    ("self._clock() + wait_s > ends_s", "self._clock() >= ends_s"),
    ("            self._sleep(wait_s)\n", "            self._sleep(min(wait_s, ends_s - self._clock()))\n"),
]
