"""Every exception is a failure, except an HTTP answer below 500."""

CHECK = "breaker.failures"
REPLACE = [
    (
        "return isinstance(error, (ConnectionError, TimeoutError))",
        "return True",
    ),
]
