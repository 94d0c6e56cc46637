"""Only the statuses 500 and 503 are failures: 502 and its like are not."""

CHECK = "breaker.failures"
REPLACE = [
    (
        "return error.status >= 500",
        "return error.status in (500, 503)",
    ),
]
