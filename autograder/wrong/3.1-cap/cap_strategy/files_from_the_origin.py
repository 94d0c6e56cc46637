"""No cache: every file comes from the origin."""

CHECK = "cap_strategy.files"
REPLACE = [('"cache_s": 86_400', '"cache_s": 0')]
