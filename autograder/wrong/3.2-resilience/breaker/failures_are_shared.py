"""Keeps the failures in the class: all breakers share them."""

CHECK = "breaker.settings"
REPLACE = [
    (
        "class CircuitBreaker:\n",
        "class CircuitBreaker:\n    _failures = deque()\n\n",
    ),
    (
        "        self._failures = deque()  # moments of the failures that may still count\n",
        "",
    ),
]
