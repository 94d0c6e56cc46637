"""Sleeps after every failed attempt, the last one too."""

CHECK = "retry.last_wait"
REPLACE = [
    (
        ("                if attempt >= self._attempts_max:\n                    raise\n"),
        (
            "                if attempt >= self._attempts_max:\n"
            "                    self._sleep(self._wait_after(attempt, error))\n"
            "                    raise\n"
        ),
    ),
]
