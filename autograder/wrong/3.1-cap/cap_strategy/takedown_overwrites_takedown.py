"""The later list replaces the other one, with the orders in it."""

CHECK = "cap_strategy.takedowns"
REPLACE = [('"partition_read": "serve", "merge": "set"', '"partition_read": "serve", "merge": "last_writer"')]
