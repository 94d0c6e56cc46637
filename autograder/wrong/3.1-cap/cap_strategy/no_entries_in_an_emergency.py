"""Reads are served in a cut, but what the doctor finds out cannot be entered."""

CHECK = "cap_strategy.allergies"
REPLACE = [
    (
        '"partition_read": "mark", "partition_write": "accept"',
        '"partition_read": "mark", "partition_write": "refuse"',
    ),
]
