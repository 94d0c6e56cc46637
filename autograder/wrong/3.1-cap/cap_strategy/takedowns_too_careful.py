"""Nothing older than 10 s: a short cut is an outage."""

CHECK = "cap_strategy.takedowns"
REPLACE = [('"cache_s": 20, "stale_s": 58', '"cache_s": 10, "stale_s": 10')]
