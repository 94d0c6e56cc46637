"""Two of four copies are taken for a majority."""

CHECK = "cap_strategy.trade"
REPLACE = [('"copies": ["eu", "us", "oce"]', '"copies": GAME')]
