"""The exceptions that models, exercises and checks share.

Only the standard library is imported, and every attribute is plain data: an exception of this module crosses the border
between the judge and a learner's process by its class name and its attributes, and is raised there as the same class.
Trouble with a connection needs no class of ours: `ConnectionError` (with `ConnectionResetError`,
`ConnectionRefusedError`) and `TimeoutError` are Python's own.
"""

from __future__ import annotations


class FaultlabError(Exception):
    """Base of the course's own exceptions."""


class HTTPError(FaultlabError):
    """A server answered with an HTTP error status.

    `status` is the code (4xx: the caller's fault, 5xx: the server's). `retry_after_s` is the `Retry-After` header in
    seconds, or None.
    """

    def __init__(self, status: int, retry_after_s: float | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.retry_after_s = retry_after_s


class CircuitOpenError(FaultlabError):
    """The circuit breaker refused the call without sending it; `retry_after_s` says in how many seconds a probe may
    go."""

    def __init__(self, retry_after_s: float = 0.0) -> None:
        super().__init__(f"circuit open, try again in {retry_after_s:g} s")
        self.retry_after_s = retry_after_s


class BulkheadFullError(FaultlabError):
    """The bulkhead called `pool` has no free slot and no free place in its queue."""

    def __init__(self, pool: str = "") -> None:
        super().__init__(f"bulkhead {pool!r} is full")
        self.pool = pool


class DeadlineExceededError(FaultlabError):
    """The time that the caller gave for the whole operation is over."""

    def __init__(self, message: str = "deadline exceeded") -> None:
        super().__init__(message)


class RetryBudgetExhaustedError(FaultlabError):
    """A retry was wanted, but the budget shared by all callers had no token left."""

    def __init__(self, message: str = "retry budget exhausted") -> None:
        super().__init__(message)


class SMTPError(FaultlabError):
    """A mail was not confirmed.

    `code` is the server's reply (4yz: try later, 5yz: never; RFC 5321, 4.2.1), or 0 when the connection ended without
    one. `stage` is where: "connect", "rcpt", "data", or "after_data" when the whole message was sent and the reply
    never came, so that nobody knows whether it was accepted.
    """

    def __init__(self, code: int, stage: str) -> None:
        super().__init__(f"SMTP {code} at {stage}" if code else f"connection lost at {stage}")
        self.code = code
        self.stage = stage


class S3Error(FaultlabError):
    """An object store answered with an error: HTTP `status`, error `code` such as "SlowDown", and `retry_after_s` or
    None."""

    def __init__(self, status: int, code: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"S3 {status} {code}")
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


class RedisError(FaultlabError):
    """A Redis server answered with an error; `prefix` is its first word, such as "LOADING", "READONLY", "OOM" or
    "WRONGTYPE"."""

    def __init__(self, prefix: str) -> None:
        super().__init__(f"Redis {prefix}")
        self.prefix = prefix
