"""Who adopts a higher term goes on believing in the leader of the old one."""

CHECK = "raft.terms"
REPLACE = [
    (
        "        self.term, self.voted_for = term, None\n"
        "        self.role, self.leader, self.votes = FOLLOWER, None, set()\n",
        "        self.term, self.voted_for = term, None\n        self.role, self.votes = FOLLOWER, set()\n",
    ),
]
