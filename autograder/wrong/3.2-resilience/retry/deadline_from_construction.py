"""Counts the deadline from when the Retry was made, not from when it is called."""

CHECK = "retry.deadline"
REPLACE = [
    (
        "        self._deadline_s = deadline_s\n",
        ("        self._deadline_s = deadline_s\n        self._made_s = clock()\n"),
    ),
    ("ends_s = self._clock() + self._deadline_s", "ends_s = self._made_s + self._deadline_s"),
]
