"""Refuses what is older than 3 s, so in a cut the players see nothing at all."""

CHECK = "cap_strategy.position"
REPLACE = [('"merge": "last_writer"', '"merge": "last_writer", "stale_s": 3')]
