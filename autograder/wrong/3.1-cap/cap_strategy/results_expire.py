"""Nothing older than ten seconds, even if there is nothing newer."""

CHECK = "cap_strategy.results"
REPLACE = [('"write": 2, "merge": "set"', '"write": 2, "merge": "set", "stale_s": 10')]
