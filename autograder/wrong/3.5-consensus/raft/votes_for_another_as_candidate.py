"""A candidate counts its own vote, and has it left for others."""

CHECK = "raft.election_safety"
REPLACE = [
    (
        "self.voted_for in (None, candidate)",
        "(self.voted_for in (None, candidate) or self.role == CANDIDATE)",
    ),
]
