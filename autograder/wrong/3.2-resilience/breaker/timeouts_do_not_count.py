"""A timeout is no answer, so it is not counted."""

CHECK = "breaker.failures"
REPLACE = [
    (
        "(ConnectionError, TimeoutError)",
        "ConnectionError",
    ),
]
