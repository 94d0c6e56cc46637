"""No copy in the clinic whose line is cut."""

CHECK = "cap_strategy.allergies"
REPLACE = [
    (
        '"allergies": {"copies": CLINICS, "read": 2, "write": 3',
        '"allergies": {"copies": ["city", "second", "west"], "read": 2, "write": 2',
    ),
]
