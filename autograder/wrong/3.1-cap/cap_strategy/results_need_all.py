"""Confirmed by all clinics: while one is cut off, nothing is confirmed anywhere."""

CHECK = "cap_strategy.results"
REPLACE = [('"read": 1, "write": 2', '"read": 1, "write": 4')]
