"""Of no versions there is no maximum."""

CHECK = "resolution.latest"
REPLACE = [
    (
        "    if not versions:\n        return None\n    return max",
        "    return max",
    ),
]
