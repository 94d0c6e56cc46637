"""Confirms what only one clinic has: if it burns down, it is gone."""

CHECK = "cap_strategy.results"
REPLACE = [('"read": 1, "write": 2', '"read": 1, "write": 1')]
