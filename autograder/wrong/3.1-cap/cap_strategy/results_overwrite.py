"""The later list replaces the other one, with the results in it."""

CHECK = "cap_strategy.results"
REPLACE = [('"write": 2, "merge": "set"', '"write": 2, "merge": "last_writer"')]
