"""Three attempts, as many libraries do: an outage of 20 s is longer."""

CHECK = "retry.s3_outage"
REPLACE = [
    (
        '"s3": {"attempts_max": 10, "base_s": 1.5, "cap_s": 20.0, "deadline_s": 60.0}',
        '"s3": {"attempts_max": 3, "base_s": 1.5, "cap_s": 20.0, "deadline_s": 60.0}',
    ),
]
