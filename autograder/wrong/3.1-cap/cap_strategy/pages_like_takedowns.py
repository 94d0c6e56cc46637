"""The limit of a minute holds in a cut as well: then the page is gone."""

CHECK = "cap_strategy.pages"
REPLACE = [('"stale_s": 3_600', '"stale_s": 60')]
