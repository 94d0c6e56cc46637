"""A vote of an earlier term is counted in this one."""

CHECK = "raft.election_safety"
REPLACE = [
    (
        "        if self.role == CANDIDATE and term == self.term and granted:",
        "        if self.role == CANDIDATE and granted:",
    ),
]
