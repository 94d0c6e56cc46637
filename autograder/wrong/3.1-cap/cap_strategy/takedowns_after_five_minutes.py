"""A limit, but one that is longer than the order allows."""

CHECK = "cap_strategy.takedowns"
REPLACE = [('"stale_s": 58', '"stale_s": 300')]
