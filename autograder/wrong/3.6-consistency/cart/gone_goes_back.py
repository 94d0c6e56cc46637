"""What is gone is taken from whoever sent last."""

CHECK = "cart.offline"
REPLACE = [
    (
        '                for count in ("put", "put_gone", "sets", "sets_gone"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n",
        '                for count in ("put", "sets", "sets_gone"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n"
        '                mine["put_gone"] = theirs["put_gone"]\n',
    ),
]
