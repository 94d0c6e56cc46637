"""Caches scores for longer than it takes them to come together after a cut."""

CHECK = "cap_strategy.score"
REPLACE = [('"merge": "counter"', '"merge": "counter", "cache_s": 60')]
