"""Whoever hears from a leader does not note who it is."""

CHECK = "raft.elected"
REPLACE = [
    (
        "        self.role, self.leader, self.votes = FOLLOWER, leader, set()\n"
        "        self.set_election_timer(ctx)\n"
        "        self.receive",
        "        self.role, self.leader, self.votes = FOLLOWER, None, set()\n"
        "        self.set_election_timer(ctx)\n"
        "        self.receive",
    ),
]
