"""A write without a context replaces all."""

CHECK = "resolution.concurrent"
REPLACE = [
    (
        "        context = context or {}\n",
        "        context = context or dict(self._seen)\n",
    ),
]
