"""Caches positions for ten seconds: the others stand where they stood."""

CHECK = "cap_strategy.position"
REPLACE = [('"merge": "last_writer"', '"merge": "last_writer", "cache_s": 10')]
