"""The numbers are strings."""

CHECK = "retry.smtp_limits"
REPLACE = [
    (
        '"smtp": {"attempts_max": 10, "base_s": 60.0, "cap_s": 120.0, "deadline_s": 900.0}',
        '"smtp": {"attempts_max": "10", "base_s": 60.0, "cap_s": 120.0, "deadline_s": 900.0}',
    ),
]
