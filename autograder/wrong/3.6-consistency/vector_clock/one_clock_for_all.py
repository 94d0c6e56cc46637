"""The entries are kept in the class, so all clocks are one."""

CHECK = "vector_clock.tick"
REPLACE = [
    (
        "        self._entries = {}\n",
        "",
    ),
    (
        "class VectorClock:\n",
        "class VectorClock:\n    _entries = {}\n\n",
    ),
]
