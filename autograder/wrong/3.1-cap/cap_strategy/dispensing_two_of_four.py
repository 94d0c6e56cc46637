"""Two promise and two accept, and they are not the same two."""

CHECK = "cap_strategy.dispensing"
REPLACE = [
    (
        '"dispensing": {"copies": CLINICS, "read": 2, "write": 3',
        '"dispensing": {"copies": CLINICS, "read": 2, "write": 2',
    ),
]
