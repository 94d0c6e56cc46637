"""Caches what is on offer."""

CHECK = "cap_strategy.trade"
REPLACE = [
    (
        '"partition_write": "refuse", "merge": "none"',
        '"partition_write": "refuse", "merge": "none", "cache_s": 20',
    ),
]
