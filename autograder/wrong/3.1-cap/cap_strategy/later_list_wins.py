"""The later list replaces the other one, with the entries in it."""

CHECK = "cap_strategy.allergies"
REPLACE = [('"write": 3, "merge": "set"', '"write": 3, "merge": "last_writer"')]
