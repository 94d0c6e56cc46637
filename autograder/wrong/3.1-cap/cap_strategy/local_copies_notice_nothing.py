"""One copy is always at hand, so no read ever notices that it is cut off, and none is marked."""

CHECK = "cap_strategy.allergies"
REPLACE = [
    (
        '"allergies": {"copies": CLINICS, "read": 2, "write": 3',
        '"allergies": {"copies": CLINICS, "read": 1, "write": 1',
    ),
]
