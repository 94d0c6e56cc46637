"""Two and two of four: more than one, but a read may miss both who know."""

CHECK = "cap_strategy.allergies"
REPLACE = [
    (
        '"allergies": {"copies": CLINICS, "read": 2, "write": 3',
        '"allergies": {"copies": CLINICS, "read": 2, "write": 2',
    ),
]
