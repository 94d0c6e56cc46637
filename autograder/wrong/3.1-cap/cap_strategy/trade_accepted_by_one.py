"""Agreement with one acceptance: two regions decide, and each decision stands in one region only."""

CHECK = "cap_strategy.trade"
REPLACE = [('"read": 2, "write": 2', '"read": 2, "write": 1')]
