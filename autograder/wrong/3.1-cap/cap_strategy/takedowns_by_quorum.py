"""Asks three regions for every reader, to be sure."""

CHECK = "cap_strategy.takedowns"
REPLACE = [
    (
        '"copies": ["eu"], "partition_read": "serve", "merge": "set", "cache_s": 20',
        '"copies": GAME, "read": 3, "write": 2, "partition_read": "serve", "merge": "set", "cache_s": 0',
    ),
]
