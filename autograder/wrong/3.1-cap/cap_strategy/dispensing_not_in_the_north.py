"""No copy where the line is cut."""

CHECK = "cap_strategy.dispensing"
REPLACE = [
    (
        '"dispensing": {"copies": CLINICS, "read": 2, "write": 3',
        '"dispensing": {"copies": ["city", "second", "west"], "read": 2, "write": 2',
    ),
]
