"""The answer of one word, AP: local copies, everything served and accepted, the later stamp wins."""

CHECK = "cap_strategy.trade"

SYSTEMS = {
    "position score trade": ["eu", "us", "asia", "oce"],
    "allergies results dispensing": ["city", "second", "west", "north"],
    "files pages takedowns": ["eu", "us", "asia", "oce"],
}
CAP_STRATEGY = {
    kind: {"copies": regions, "partition_read": "serve", "partition_write": "accept"}
    for kinds, regions in SYSTEMS.items()
    for kind in kinds.split()
}
