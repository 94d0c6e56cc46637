"""All four have to promise, and one of them is cut off."""

CHECK = "cap_strategy.dispensing"
REPLACE = [('"dispensing": {"copies": CLINICS, "read": 2', '"dispensing": {"copies": CLINICS, "read": 4')]
