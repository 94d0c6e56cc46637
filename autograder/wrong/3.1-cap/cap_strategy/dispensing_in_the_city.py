"""One clinic keeps the book: the only copy."""

CHECK = "cap_strategy.dispensing"
REPLACE = [
    (
        '"dispensing": {"copies": CLINICS, "read": 2, "write": 3',
        '"dispensing": {"copies": ["city"], "read": 1, "write": 1',
    ),
]
