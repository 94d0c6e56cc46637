"""The changes without what was there."""

CHECK = "resolution.sums"
REPLACE = [
    (
        "    return base + sum(copy",
        "    return sum(copy",
    ),
]
