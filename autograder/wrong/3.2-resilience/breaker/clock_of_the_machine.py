"""Reads time.monotonic() in place of the clock that it was given."""

CHECK = "breaker.recovery"
REPLACE = [
    (
        "import threading\n",
        "import threading\nimport time\n",
    ),
    (
        "self._clock = clock",
        "self._clock = time.monotonic",
    ),
]
