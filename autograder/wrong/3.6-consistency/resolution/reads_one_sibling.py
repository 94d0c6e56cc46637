"""read returns one value, and a context for all."""

CHECK = "resolution.concurrent"
REPLACE = [
    (
        "        return list(self._values.values()), dict",
        "        return list(self._values.values())[-1:], dict",
    ),
]
