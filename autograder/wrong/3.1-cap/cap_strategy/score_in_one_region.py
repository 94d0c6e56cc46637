"""One server for the scores: in a cut whoever is not there plays for nothing."""

CHECK = "cap_strategy.score"
REPLACE = [('"score": {"copies": GAME', '"score": {"copies": ["us"]')]
