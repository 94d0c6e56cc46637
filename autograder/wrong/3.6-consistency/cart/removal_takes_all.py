"""The numbers that are gone are taken for all that the other device ever put in."""

CHECK = "cart.removal"
REPLACE = [
    (
        '                for count in ("put", "put_gone", "sets", "sets_gone"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n",
        '                for count in ("put", "put_gone", "sets", "sets_gone"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n"
        '                if theirs["put_gone"] != mine["put_gone"] or theirs["put"] == theirs["put_gone"] > 0:\n'
        '                    mine["put_gone"] = mine["put"]\n',
    ),
]
