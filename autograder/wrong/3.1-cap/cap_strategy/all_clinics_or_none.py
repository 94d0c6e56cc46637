"""A write is confirmed by all copies, so one line that is cut makes all writes provisional."""

CHECK = "cap_strategy.allergies"
REPLACE = [
    (
        '"allergies": {"copies": CLINICS, "read": 2, "write": 3',
        '"allergies": {"copies": CLINICS, "read": 1, "write": 4',
    ),
]
