"""Counts the failure and returns None in its place."""

CHECK = "breaker.answers"
REPLACE = [
    (
        "            raise\n",
        "            return None\n",
    ),
]
