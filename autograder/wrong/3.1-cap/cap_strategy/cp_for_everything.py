"""The answer of one word, CP: a majority of three agrees on everything, and who has none is refused."""

CHECK = "cap_strategy.allergies"

SYSTEMS = {
    "position score trade": ["eu", "us", "oce"],
    "allergies results dispensing": ["city", "second", "north"],
    "files pages takedowns": ["eu", "us", "oce"],
}
CAP_STRATEGY = {
    kind: {"copies": regions, "read": 2, "write": 2, "merge": "none"}
    for kinds, regions in SYSTEMS.items()
    for kind in kinds.split()
}
