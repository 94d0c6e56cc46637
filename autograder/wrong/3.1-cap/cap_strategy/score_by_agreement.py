"""Each point is put into one order by a majority, which a region that is cut off does not have."""

CHECK = "cap_strategy.score"
REPLACE = [('"read": 1, "write": 1, "merge": "counter"', '"read": 3, "write": 2, "merge": "none"')]
