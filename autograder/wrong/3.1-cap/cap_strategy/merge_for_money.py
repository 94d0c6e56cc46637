"""Merges by the union of sets what cannot be merged."""

CHECK = "cap_strategy.trade"
REPLACE = [('"partition_write": "refuse", "merge": "none"', '"partition_write": "refuse", "merge": "set"')]
