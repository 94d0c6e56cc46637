"""A leader is heard half as often as it should be."""

CHECK = "raft.stable"
REPLACE = [
    (
        "heartbeat_s=0.05",
        "heartbeat_s=0.1",
    ),
]
