"""One region for all: whoever lives elsewhere waits for the light, and in a cut for its end."""

CHECK = "cap_strategy.position"
REPLACE = [('"position": {"copies": GAME', '"position": {"copies": ["eu"]')]
