"""Counts per ten seconds of the clock: failures on both sides of a boundary are never added up."""

CHECK = "breaker.window"
REPLACE = [
    (
        "                while self._failures[0] <= now_s - self._window_s:\n"
        "                    self._failures.popleft()\n",
        "                if self._failures[0] // self._window_s != now_s // self._window_s:\n"
        "                    self._failures = deque([now_s])\n",
    ),
]
