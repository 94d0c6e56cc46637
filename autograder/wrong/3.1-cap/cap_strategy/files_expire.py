"""An hour is safe enough, but a minute is not: gives nothing older than a minute."""

CHECK = "cap_strategy.files"
REPLACE = [('"cache_s": 86_400', '"cache_s": 86_400, "stale_s": 60')]
