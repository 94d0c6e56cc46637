"""Half an hour between attempts, as RFC 5321 advises to a mail server, which has days."""

CHECK = "retry.smtp_limits"
REPLACE = [
    (
        '"smtp": {"attempts_max": 10, "base_s": 60.0, "cap_s": 120.0, "deadline_s": 900.0}',
        '"smtp": {"attempts_max": 10, "base_s": 1800.0, "cap_s": 7200.0, "deadline_s": 345600.0}',
    ),
]
