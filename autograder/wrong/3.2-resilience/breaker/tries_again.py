"""Repeats a request that failed: a breaker is not a retry."""

CHECK = "breaker.answers"
REPLACE = [
    (
        "            result = request()\n",
        "            try:\n"
        "                result = request()\n"
        "            except Exception:\n"
        "                result = request()\n",
    ),
]
