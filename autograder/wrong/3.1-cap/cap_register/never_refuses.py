"""Keeps its clients waiting where there is no majority."""

CHECK = "cap_register.cp_refusal"
REPLACE = [
    (
        'NO_TAG, RETRY_S, TRIES_MAX = (0, ""), 0.2, 6',
        'NO_TAG, RETRY_S, TRIES_MAX = (0, ""), 0.2, 10**6',
    ),
]
