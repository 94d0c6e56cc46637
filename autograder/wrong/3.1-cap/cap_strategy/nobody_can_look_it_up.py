"""Refuses writes and reads alike, though a marked answer would have done."""

CHECK = "cap_strategy.dispensing"
REPLACE = [
    (
        '"merge": "none",\n                   "partition_read": "mark"',
        '"merge": "none",\n                   "partition_read": "refuse"',
    ),
]
