"""A merge adds the other's counts, so a state that comes twice counts twice."""

CHECK = "pn_counter.repeated"
REPLACE = [
    (
        "                counts[replica] = max(count, counts.get(replica, 0))\n",
        "                counts[replica] = count + counts.get(replica, 0)\n",
    ),
]
