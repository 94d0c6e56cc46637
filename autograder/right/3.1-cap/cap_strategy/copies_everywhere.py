"""Copies in every region rather than caches: the CDN pushes, and all quorums are of four."""

WORLD, CLINICS = ("eu", "us", "asia", "oce"), ("city", "second", "west", "north")
CAP_STRATEGY = {
    "position": {"copies": WORLD},
    "score": {"copies": WORLD, "merge": "set"},
    "trade": {"copies": WORLD, "read": 3, "write": 3, "merge": "none", "partition_read": "mark"},
    "allergies": {
        "copies": CLINICS,
        "read": 3,
        "write": 2,
        "partition_read": "mark",
        "partition_write": "accept",
        "merge": "set",
    },
    "results": {"copies": CLINICS, "write": 3, "partition_write": "accept", "merge": "set"},
    "dispensing": {"copies": CLINICS, "read": 3, "write": 2, "partition_read": "mark", "merge": "none"},
    "files": {"copies": WORLD},
    "pages": {"copies": WORLD},
    "takedowns": {"copies": WORLD, "merge": "set", "stale_s": 55},
}
