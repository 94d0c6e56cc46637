"""Serves in a cut what was so before it, and does not say so."""

CHECK = "cap_strategy.dispensing"
REPLACE = [
    (
        '"merge": "none",\n                   "partition_read": "mark"',
        '"merge": "none",\n                   "partition_read": "serve"',
    ),
]
