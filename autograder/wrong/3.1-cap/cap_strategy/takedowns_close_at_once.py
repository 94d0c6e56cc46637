"""Shuts the region down with the first second of a cut, though what it knows is good for a minute."""

CHECK = "cap_strategy.takedowns"
REPLACE = [
    (
        '"takedowns": {"copies": ["eu"], "partition_read": "serve"',
        '"takedowns": {"copies": ["eu"], "partition_read": "refuse"',
    ),
]
