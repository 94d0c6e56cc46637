"""Agreement with one promise: the quorums do not overlap, and two regions decide."""

CHECK = "cap_strategy.trade"
REPLACE = [('"copies": ["eu", "us", "oce"], "read": 2', '"copies": ["eu", "us", "oce"], "read": 1')]
