"""Draws once in a call and uses the same number for all its waits."""

CHECK = "retry.jitter"
REPLACE = [
    ("        attempt = 1\n", "        attempt, self._share = 1, None\n"),
    (
        "        wait_s = self._uniform(0, longest_s)\n",
        ("        self._share = self._share or self._uniform(0, 1)\n        wait_s = self._share * longest_s\n"),
    ),
]
