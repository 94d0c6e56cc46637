"""The first wait is already twice the base: 2 ** attempt."""

CHECK = "retry.backoff"
REPLACE = [
    ("2 ** min(attempt - 1, 60)", "2 ** min(attempt, 60)"),
]
