"""Refuses after 0.8 s without a majority."""

CHECK = "cap_register.cp_refusal"
REPLACE = [
    (
        'NO_TAG, RETRY_S, TRIES_MAX = (0, ""), 0.2, 6',
        'NO_TAG, RETRY_S, TRIES_MAX = (0, ""), 0.2, 4',
    ),
]
