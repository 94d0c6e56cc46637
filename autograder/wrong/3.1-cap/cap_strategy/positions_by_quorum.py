"""Asks a majority for everything, positions of players too: every step of a player crosses an ocean."""

CHECK = "cap_strategy.position"
REPLACE = [
    (
        '"position": {"copies": GAME, "read": 1, "write": 1',
        '"position": {"copies": GAME, "read": 3, "write": 2',
    ),
]
