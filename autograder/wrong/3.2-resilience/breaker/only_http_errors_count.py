"""Only an HTTP status can be a failure: a reset connection and a timeout are not."""

CHECK = "breaker.http"
REPLACE = [
    (
        "return isinstance(error, (ConnectionError, TimeoutError))",
        "return False",
    ),
]
