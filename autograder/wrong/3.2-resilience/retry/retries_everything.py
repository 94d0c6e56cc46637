"""Retries every error, without asking whether it may pass."""

CHECK = "retry.retryable"
REPLACE = [
    (("                if not self._is_retryable(error):\n                    raise\n"), ""),
]
