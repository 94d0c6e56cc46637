"""Entries go one by one, and a follower takes over the leader's commit_index, whatever it holds itself."""

CHECK = "raft.durability"
REPLACE = [
    (
        "        known = min(leader_commit, match_index)",
        "        known = leader_commit",
    ),
    (
        "entries = tuple(self.log[prev:])",
        "entries = tuple(self.log[prev : prev + 1])",
    ),
]
