"""Caches the front page like a file."""

CHECK = "cap_strategy.pages"
REPLACE = [('"cache_s": 30', '"cache_s": 3_600')]
