"""Each point is confirmed by a second region before the player may go on."""

CHECK = "cap_strategy.score"
REPLACE = [('"score": {"copies": GAME, "read": 1, "write": 1', '"score": {"copies": GAME, "read": 1, "write": 2')]
