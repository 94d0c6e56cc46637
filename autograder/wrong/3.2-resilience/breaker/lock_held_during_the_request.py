"""Holds the lock while the request runs: one slow request stops all others."""

CHECK = "breaker.unlocked"
REPLACE = [
    (
        "threading.Lock()",
        "threading.RLock()",
    ),
    (
        "            result = request()\n",
        "            with self._lock:\n                result = request()\n",
    ),
]
