"""Any answer is taken for a vote."""

CHECK = "raft.election_safety"
REPLACE = [
    (
        "        if self.role == CANDIDATE and term == self.term and granted:",
        "        if self.role == CANDIDATE and term == self.term:",
    ),
]
