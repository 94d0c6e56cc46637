"""The longest waits add up to 300 s, but jitter takes half of them."""

CHECK = "retry.smtp_greylisting"
REPLACE = [
    (
        '"smtp": {"attempts_max": 10, "base_s": 60.0, "cap_s": 120.0, "deadline_s": 900.0}',
        '"smtp": {"attempts_max": 10, "base_s": 35.0, "cap_s": 35.0, "deadline_s": 900.0}',
    ),
]
