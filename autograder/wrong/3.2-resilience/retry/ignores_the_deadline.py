"""Has no deadline at all."""

CHECK = "retry.deadline"
REPLACE = [
    (("                if self._clock() + wait_s > ends_s:\n                    raise\n"), ""),
]
