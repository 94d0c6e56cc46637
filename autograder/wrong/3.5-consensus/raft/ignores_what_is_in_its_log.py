"""A leader does nothing with a request that stands in its log already: if an earlier leader put it there, it is never
committed, and never answered."""

CHECK = "raft.sessions"
REPLACE = [
    (
        "        self.log.append((self.term, (request, call)))\n",
        "        if any(known == request for _term, (known, _call) in self.log):\n"
        "            return\n"
        "        self.log.append((self.term, (request, call)))\n",
    ),
]
