"""A deadline of 25 s ends before the store wants to be asked again."""

CHECK = "retry.s3_slow_down"
REPLACE = [
    (
        '"s3": {"attempts_max": 10, "base_s": 1.5, "cap_s": 20.0, "deadline_s": 60.0}',
        '"s3": {"attempts_max": 10, "base_s": 1.5, "cap_s": 20.0, "deadline_s": 25.0}',
    ),
]
