"""A copy in each region: none is ever asked how old it is."""

CHECK = "cap_strategy.takedowns"
REPLACE = [
    (
        '"copies": ["eu"], "partition_read": "serve", "merge": "set", "cache_s": 20, "stale_s": 58',
        '"copies": GAME, "partition_read": "serve", "merge": "set"',
    ),
]
