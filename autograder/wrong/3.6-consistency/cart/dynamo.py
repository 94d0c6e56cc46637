"""The union of both with the greater quantity: what was taken out comes back."""

CHECK = "cart.removal"
REPLACE = [
    (
        '                for count in ("put", "put_gone", "sets", "sets_gone"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n",
        '                for count in ("put", "sets", "sets_gone"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n"
        '                mine["put_gone"] = min(mine["put_gone"], theirs["put_gone"])\n',
    ),
]
