"""What a context from another replica has replaced is not remembered: it comes back with the next state."""

CHECK = "resolution.merges"
REPLACE = [
    (
        "        self._learn(context)\n",
        "",
    ),
]
