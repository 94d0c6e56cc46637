"""One order for entries that do not depend on each other; what was accepted in the cut loses against it."""

CHECK = "cap_strategy.allergies"
REPLACE = [('"write": 3, "merge": "set"', '"write": 3, "merge": "none"')]
