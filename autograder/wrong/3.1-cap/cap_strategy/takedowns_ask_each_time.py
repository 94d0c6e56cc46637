"""Asks the origin for every reader."""

CHECK = "cap_strategy.takedowns"
REPLACE = [('"cache_s": 20', '"cache_s": 0')]
