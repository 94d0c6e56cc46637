"""Whoever waits for the upload hears of the failure after minutes."""

CHECK = "retry.s3_limits"
REPLACE = [
    (
        '"s3": {"attempts_max": 10, "base_s": 1.5, "cap_s": 20.0, "deadline_s": 60.0}',
        '"s3": {"attempts_max": 10, "base_s": 1.5, "cap_s": 20.0, "deadline_s": 600.0}',
    ),
]
