"""Waits exactly Retry-After, even where its own backoff would be longer."""

CHECK = "retry.retry_after"
REPLACE = [
    (
        "return wait_s if retry_after_s is None else max(wait_s, retry_after_s)",
        "return wait_s if retry_after_s is None else retry_after_s",
    ),
]
