"""A leader talks more than twice as often as it should."""

CHECK = "raft.stable"
REPLACE = [
    (
        "heartbeat_s=0.05",
        "heartbeat_s=0.02",
    ),
]
