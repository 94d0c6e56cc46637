"""Available at any price: a prescription is filled on either side of the cut."""

CHECK = "cap_strategy.dispensing"
REPLACE = [
    (
        '"partition_read": "mark", "partition_write": "refuse"',
        '"partition_read": "mark", "partition_write": "accept"',
    ),
]
