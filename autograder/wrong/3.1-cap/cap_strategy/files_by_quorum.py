"""Two of three copies have to agree on a file that never changes."""

CHECK = "cap_strategy.files"
REPLACE = [
    (
        '"copies": ["eu"], "partition_read": "serve", "cache_s": 86_400',
        '"copies": GAME, "read": 2, "write": 3, "partition_read": "serve"',
    ),
]
