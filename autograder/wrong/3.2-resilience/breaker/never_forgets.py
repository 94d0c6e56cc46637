"""Counts all failures since the breaker closed, however old they are."""

CHECK = "breaker.window"
REPLACE = [
    (
        "                while self._failures[0] <= now_s - self._window_s:\n"
        "                    self._failures.popleft()\n",
        "",
    ),
]
