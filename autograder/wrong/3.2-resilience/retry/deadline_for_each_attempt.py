"""Gives every attempt the whole deadline again."""

CHECK = "retry.deadline"
REPLACE = [
    (
        "            self._sleep(wait_s)\n",
        ("            self._sleep(wait_s)\n            ends_s = self._clock() + self._deadline_s\n"),
    ),
]
