"""A write replaces all that the replica knew when it came, and not what the client had read."""

CHECK = "resolution.stale"
REPLACE = [
    (
        "        context = context or {}\n",
        "        context = dict(self._seen) if context else {}\n",
    ),
]
