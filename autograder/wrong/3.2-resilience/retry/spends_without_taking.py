"""spend() looks whether there is a token, and does not take it."""

CHECK = "retry.tokens"
REPLACE = [
    ("        self._tokens -= 1\n", ""),
]
