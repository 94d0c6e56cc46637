"""Gives a retry for whatever is left of a token."""

CHECK = "retry.tokens"
REPLACE = [
    ("if self._tokens < 1:", "if self._tokens <= 0:"),
]
