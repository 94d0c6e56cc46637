"""Asks again, but only every 0.6 s."""

CHECK = "cap_register.cp_retry"
REPLACE = [
    (
        'NO_TAG, RETRY_S, TRIES_MAX = (0, ""), 0.2, 6',
        'NO_TAG, RETRY_S, TRIES_MAX = (0, ""), 0.6, 2',
    ),
]
