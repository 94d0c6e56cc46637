"""A follower takes no notice of what the leader has committed."""

CHECK = "raft.replicated"
REPLACE = [
    (
        "        known = min(leader_commit, match_index)",
        "        known = 0",
    ),
]
