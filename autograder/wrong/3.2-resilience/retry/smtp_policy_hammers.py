"""Outlives the greylisting by asking a hundred times."""

CHECK = "retry.smtp_limits"
REPLACE = [
    (
        '"smtp": {"attempts_max": 10, "base_s": 60.0, "cap_s": 120.0, "deadline_s": 900.0}',
        '"smtp": {"attempts_max": 100, "base_s": 10.0, "cap_s": 10.0, "deadline_s": 900.0}',
    ),
]
