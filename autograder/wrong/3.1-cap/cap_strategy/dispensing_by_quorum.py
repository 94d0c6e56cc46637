"""Overlapping quorums and the later stamp: two pharmacies read before either writes."""

CHECK = "cap_strategy.dispensing"
REPLACE = [('"write": 3, "merge": "none"', '"write": 3, "merge": "last_writer"')]
