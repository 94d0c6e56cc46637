"""R + W > N everywhere, and the later stamp wins: taken for strong consistency."""

CHECK = "cap_strategy.dispensing"

SYSTEMS = {
    "position score trade": ["eu", "us", "oce"],
    "allergies results dispensing": ["city", "second", "north"],
    "files pages takedowns": ["eu", "us", "oce"],
}
CAP_STRATEGY = {
    kind: {"copies": regions, "read": 2, "write": 2, "partition_read": "mark", "partition_write": "accept"}
    for kinds, regions in SYSTEMS.items()
    for kind in kinds.split()
}
