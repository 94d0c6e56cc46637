"""Returns None when all attempts failed."""

CHECK = "retry.last_error"
REPLACE = [
    (
        ("                if attempt >= self._attempts_max:\n                    raise\n"),
        ("                if attempt >= self._attempts_max:\n                    return None\n"),
    ),
]
