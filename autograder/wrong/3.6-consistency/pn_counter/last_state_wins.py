"""The counts of the state that came last are taken, old or new."""

CHECK = "pn_counter.repeated"
REPLACE = [
    (
        "                counts[replica] = max(count, counts.get(replica, 0))\n",
        "                counts[replica] = count if replica != self._replica else max(count, counts.get(replica, 0))\n",
    ),
]
