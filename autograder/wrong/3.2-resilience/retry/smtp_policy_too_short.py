"""Ten attempts within a minute or so: all of them fall into the five minutes of greylisting."""

CHECK = "retry.smtp_greylisting"
REPLACE = [
    (
        '"smtp": {"attempts_max": 10, "base_s": 60.0, "cap_s": 120.0, "deadline_s": 900.0}',
        '"smtp": {"attempts_max": 10, "base_s": 1.0, "cap_s": 15.0, "deadline_s": 900.0}',
    ),
]
