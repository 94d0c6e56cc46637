"""Asks after a second already."""

CHECK = "cap_strategy.pages"
REPLACE = [('"cache_s": 30', '"cache_s": 1')]
