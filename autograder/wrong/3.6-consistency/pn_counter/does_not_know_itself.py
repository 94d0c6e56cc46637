"""A merge leaves out the replica's own counts: they are known here best. After a restart they are not."""

CHECK = "pn_counter.restart"
REPLACE = [
    (
        "                counts[replica] = max(count, counts.get(replica, 0))\n",
        "                if replica != self._replica:\n"
        "                    counts[replica] = max(count, counts.get(replica, 0))\n",
    ),
]
