"""Reads the failures, then the clock, then writes the failures back, without a lock: of two at once one is lost."""

CHECK = "breaker.races"
REPLACE = [
    (
        "        with self._lock:\n            if period != self._period:\n                return\n",
        "        if True:\n            if period != self._period:\n                return\n",
    ),
    (
        "            now_s = self._clock()\n",
        "            before = list(self._failures)\n            now_s = self._clock()\n",
    ),
    (
        "                self._failures.append(now_s)\n",
        "                self._failures = deque([*before, now_s])\n",
    ),
]
