"""Every HTTP error is a failure, the caller's own mistakes included."""

CHECK = "breaker.failures"
REPLACE = [
    (
        "return error.status >= 500",
        "return error.status >= 400",
    ),
]
