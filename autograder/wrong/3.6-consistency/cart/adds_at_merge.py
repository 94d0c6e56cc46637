"""A merge adds the quantities: every state that comes twice counts twice."""

CHECK = "cart.sums"
REPLACE = [
    (
        '                for count in ("put", "put_gone", "sets", "sets_gone"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n",
        '                for count in ("put_gone", "sets", "sets_gone"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n"
        '                mine["put"] += theirs["put"]\n',
    ),
]
