"""Asks every minute whether a file has changed that never does."""

CHECK = "cap_strategy.files"
REPLACE = [('"cache_s": 86_400', '"cache_s": 60')]
