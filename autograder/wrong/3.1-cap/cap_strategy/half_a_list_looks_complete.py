"""Serves what there is, unmarked: the list looks complete."""

CHECK = "cap_strategy.allergies"
REPLACE = [
    (
        '"merge": "set",\n                  "partition_read": "mark"',
        '"merge": "set",\n                  "partition_read": "serve"',
    ),
]
