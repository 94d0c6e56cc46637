"""That settings are gone is not passed on."""

CHECK = "cart.settles"
REPLACE = [
    (
        '                for count in ("put", "put_gone", "sets", "sets_gone"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n",
        '                for count in ("put", "put_gone", "sets"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n",
    ),
]
