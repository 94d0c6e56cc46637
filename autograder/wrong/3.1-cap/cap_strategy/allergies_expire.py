"""Nothing older than half a minute: after that the doctor gets nothing."""

CHECK = "cap_strategy.allergies"
REPLACE = [('"write": 3, "merge": "set"', '"write": 3, "merge": "set", "stale_s": 30')]
