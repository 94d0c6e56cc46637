"""Keeps a copy in a region that the clinics do not have."""

CHECK = "cap_strategy.dispensing"
REPLACE = [('"dispensing": {"copies": CLINICS', '"dispensing": {"copies": ["eu", "us", "oce", "asia"]')]
