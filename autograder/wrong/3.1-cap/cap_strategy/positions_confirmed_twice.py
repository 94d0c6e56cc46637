"""Has each position confirmed by a second region, as if it were money."""

CHECK = "cap_strategy.position"
REPLACE = [
    (
        '"position": {"copies": GAME, "read": 1, "write": 1',
        '"position": {"copies": GAME, "read": 1, "write": 2',
    ),
]
