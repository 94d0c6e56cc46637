"""Adds up its own waits and forgets that the attempts take time."""

CHECK = "retry.deadline"
REPLACE = [
    ("        ends_s = self._clock() + self._deadline_s\n", "        waited_s = 0.0\n"),
    ("self._clock() + wait_s > ends_s", "waited_s + wait_s > self._deadline_s"),
    ("            self._sleep(wait_s)\n", ("            self._sleep(wait_s)\n            waited_s += wait_s\n")),
]
