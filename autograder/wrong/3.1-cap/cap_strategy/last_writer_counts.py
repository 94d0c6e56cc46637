"""A score is a number, so the later number wins, and the points of the other side are gone."""

CHECK = "cap_strategy.score"
REPLACE = [('"merge": "counter"', '"merge": "last_writer"')]
