"""The counts are kept in the class: all replicas are one."""

CHECK = "pn_counter.local"
REPLACE = [
    (
        "        self._added = {}\n        self._taken = {}\n",
        "",
    ),
    (
        "class PNCounter:\n",
        "class PNCounter:\n    _added = {}\n    _taken = {}\n\n",
    ),
]
