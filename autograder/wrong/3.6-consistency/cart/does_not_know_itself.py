"""A merge leaves out the device's own changes; after a restart they are gone."""

CHECK = "cart.restart"
REPLACE = [
    (
        '                for count in ("put", "put_gone", "sets", "sets_gone"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n",
        "                if device == self._device:\n"
        '                    for count in ("put_gone", "sets_gone"):\n'
        '                        mine[count] = min(mine["put" if "put" in count else "sets"],'
        " max(mine[count], theirs[count]))\n"
        "                    continue\n"
        '                for count in ("put", "put_gone", "sets", "sets_gone"):\n'
        "                    mine[count] = max(mine[count], theirs[count])\n",
    ),
]
