"""2.0 ** 1024 is too large for a float: after a thousand attempts an OverflowError takes the place of the error."""

CHECK = "retry.long"
REPLACE = [
    ("2 ** min(attempt - 1, 60)", "2.0 ** (attempt - 1)"),
]
