"""All copies have to agree, so that one that is cut off stops all the others."""

CHECK = "cap_strategy.trade"
REPLACE = [('"read": 2, "write": 2', '"read": 2, "write": 3')]
