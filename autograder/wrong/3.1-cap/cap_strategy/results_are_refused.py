"""The clinic that is cut off cannot enter what its laboratory measured."""

CHECK = "cap_strategy.results"
REPLACE = [('"merge": "set", "partition_write": "accept"', '"merge": "set", "partition_write": "refuse"')]
