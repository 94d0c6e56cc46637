"""Raises an exception of its own in place of the request's."""

CHECK = "breaker.answers"
REPLACE = [
    (
        "            raise\n",
        '            raise RuntimeError("the request failed") from error\n',
    ),
]
