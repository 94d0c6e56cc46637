"""A follower takes an entry for committed when it arrives."""

CHECK = "raft.durability"
REPLACE = [
    (
        "        known = min(leader_commit, match_index)",
        "        known = match_index",
    ),
]
