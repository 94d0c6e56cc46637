"""Raises an error of its own, so that the caller cannot tell a timeout from a 503."""

CHECK = "retry.last_error"
REPLACE = [
    (
        ("                if attempt >= self._attempts_max:\n                    raise\n"),
        (
            "                if attempt >= self._attempts_max:\n"
            '                    raise RuntimeError("all attempts failed") from error\n'
        ),
    ),
]
