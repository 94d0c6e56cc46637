"""No cache: every reader asks the origin."""

CHECK = "cap_strategy.pages"
REPLACE = [('"cache_s": 30', '"cache_s": 0')]
