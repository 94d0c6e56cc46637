"""Caches the list, so an unmarked answer lacks what was confirmed."""

CHECK = "cap_strategy.allergies"
REPLACE = [('"write": 3, "merge": "set"', '"write": 3, "merge": "set", "cache_s": 10')]
