"""Waits for Retry-After even where it ends after the deadline."""

CHECK = "retry.deadline"
REPLACE = [
    (
        "                if self._clock() + wait_s > ends_s:\n",
        '                if getattr(error, "retry_after_s", None) is None and self._clock() + wait_s > ends_s:\n',
    ),
]
