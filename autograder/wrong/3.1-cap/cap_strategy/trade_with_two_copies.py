"""Two copies are two regions, but the loss of either link stops the trade."""

CHECK = "cap_strategy.trade"
REPLACE = [('"copies": ["eu", "us", "oce"]', '"copies": ["eu", "us"]')]
