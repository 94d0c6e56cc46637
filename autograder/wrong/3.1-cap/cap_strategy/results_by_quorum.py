"""Overlapping quorums where nobody asked for them: each look at the screen waits for another clinic."""

CHECK = "cap_strategy.results"
REPLACE = [('"read": 1, "write": 2', '"read": 2, "write": 3')]
