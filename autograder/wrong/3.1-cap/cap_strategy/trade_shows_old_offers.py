"""Serves in a cut what was on offer before it, and does not say so."""

CHECK = "cap_strategy.trade"
REPLACE = [('"write": 2, "partition_write": "refuse"', '"write": 2, "partition_read": "serve"')]
