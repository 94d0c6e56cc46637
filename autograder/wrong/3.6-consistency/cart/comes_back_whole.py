"""An item that was added to after its removal comes back with all that was ever put in."""

CHECK = "cart.removal"
REPLACE = [
    (
        '            added = sum(entry["put"] - entry["put_gone"] for entry in entries.values())\n',
        '            added = sum(entry["put"] for entry in entries.values() if entry["put"] > entry["put_gone"])\n',
    ),
]
