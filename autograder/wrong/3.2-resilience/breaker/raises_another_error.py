"""Refuses with an error of its own kind, which no caller knows."""

CHECK = "breaker.open"
REPLACE = [
    (
        "        with self._lock:\n            period = self._let_through()\n",
        "        try:\n"
        "            with self._lock:\n"
        "                period = self._let_through()\n"
        "        except CircuitOpenError:\n"
        '            raise RuntimeError("open") from None\n',
    ),
]
