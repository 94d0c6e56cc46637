"""A heartbeat does not begin the election timeout anew."""

CHECK = "raft.stable"
REPLACE = [
    (
        "        self.role, self.leader, self.votes = FOLLOWER, leader, set()\n"
        "        self.set_election_timer(ctx)\n"
        "        self.receive",
        "        self.role, self.leader, self.votes = FOLLOWER, leader, set()\n        self.receive",
    ),
]
