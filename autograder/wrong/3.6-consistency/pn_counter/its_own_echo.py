"""A replica takes back an old state of itself."""

CHECK = "pn_counter.repeated"
REPLACE = [
    (
        "                counts[replica] = max(count, counts.get(replica, 0))\n",
        "                counts[replica] = count if replica == self._replica else max(count, counts.get(replica, 0))\n",
    ),
]
