"""Applies the cap last: a server that asks for 30 s gets cap_s."""

CHECK = "retry.retry_after"
REPLACE = [
    (
        "return wait_s if retry_after_s is None else max(wait_s, retry_after_s)",
        "return min(self._cap_s, wait_s if retry_after_s is None else max(wait_s, retry_after_s))",
    ),
]
