"""Of other devices the state that came last is taken."""

CHECK = "cart.offline"
REPLACE = [
    (
        '                for count in ("put", "put_gone", "sets", "sets_gone"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n",
        "                if device != self._device:\n"
        "                    mine.update(theirs)\n"
        "                else:\n"
        '                    for count in ("put_gone", "sets_gone"):\n'
        "                        mine[count] = max(mine[count], theirs[count])\n"
        '                    mine["put"] = max(mine["put"], theirs["put"])\n'
        '                    mine["sets"] = max(mine["sets"], theirs["sets"])\n',
    ),
]
