"""remove takes out one."""

CHECK = "cart.local"
REPLACE = [
    (
        '            entry["put_gone"] = entry["put"]\n            entry["sets_gone"] = entry["sets"]\n',
        '            entry["put_gone"] = min(entry["put"], entry["put_gone"] + 1)\n'
        '            entry["sets_gone"] = entry["sets"]\n',
    ),
]
