"""What a message brought is passed on once, and then forgotten: causality is not handed through."""

CHECK = "vector_clock.causality"
REPLACE = [
    (
        "        self._entries[self._process] = self._entries.get(self._process, 0) + 1\n"
        "        return self.vector()\n",
        "        own = self._entries.get(self._process, 0) + 1\n"
        "        told = self.vector() | {self._process: own}\n"
        "        self._entries = {self._process: own}\n"
        "        return told\n",
    ),
]
