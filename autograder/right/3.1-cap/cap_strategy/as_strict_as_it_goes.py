"""Refuses, agrees and limits wherever the needs leave room for it."""

STRICT = {"partition_read": "refuse", "partition_write": "refuse"}
GAME = ["oce", "asia", "us", "eu"]
NORTH = ["north", "city", "second"]
CAP_STRATEGY = {
    "position": STRICT | {"copies": GAME, "stale_s": 30.0},
    "score": STRICT | {"copies": GAME, "merge": "counter"},
    "trade": STRICT | {"copies": ["eu", "us", "asia"], "read": 2, "write": 2, "merge": "none", "cache_s": 0.0},
    "allergies": {
        "copies": NORTH,
        "read": 2,
        "write": 2,
        "partition_read": "mark",
        "partition_write": "accept",
        "merge": "set",
        "stale_s": 600,
    },
    "results": STRICT | {"copies": [*NORTH, "west"], "write": 2, "partition_write": "accept", "merge": "set"},
    "dispensing": STRICT | {"copies": NORTH, "read": 2, "write": 2, "partition_read": "mark", "merge": "none"},
    "files": STRICT | {"copies": GAME, "read": 1, "write": 4},
    "pages": {"copies": ["eu"], "partition_read": "mark", "merge": "none", "cache_s": 55},
    "takedowns": {"copies": ["eu"], "partition_read": "mark", "merge": "none", "cache_s": 35, "stale_s": 60},
}
