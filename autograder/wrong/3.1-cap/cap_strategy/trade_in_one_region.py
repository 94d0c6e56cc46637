"""One region cannot disagree with itself. It can be cut off, and it can burn down."""

CHECK = "cap_strategy.trade"
REPLACE = [('"copies": ["eu", "us", "oce"], "read": 2, "write": 2', '"copies": ["eu"], "read": 1, "write": 1')]
