"""The first failure starts a window of ten seconds, and at its end everything is forgotten at once."""

CHECK = "breaker.window"
REPLACE = [
    (
        "                while self._failures[0] <= now_s - self._window_s:\n"
        "                    self._failures.popleft()\n",
        "                if self._failures[0] <= now_s - self._window_s:\n"
        "                    self._failures = deque([now_s])\n",
    ),
]
