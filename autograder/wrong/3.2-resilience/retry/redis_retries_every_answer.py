"""Retries whatever Redis says: WRONGTYPE is a bug, and OOM does not pass in 0.2 s."""

CHECK = "retry.redis_errors"
REPLACE = [
    ('return error.prefix in ("LOADING", "BUSY")', "return True"),
]
