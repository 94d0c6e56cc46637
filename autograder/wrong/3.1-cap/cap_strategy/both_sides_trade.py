"""Accepts provisionally what cannot be taken back: a thing has two buyers after the cut."""

CHECK = "cap_strategy.trade"
REPLACE = [('"write": 2, "partition_write": "refuse"', '"write": 2, "partition_write": "accept"')]
