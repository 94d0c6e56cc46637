"""The longest timeouts are longer than agreed."""

CHECK = "raft.stable"
REPLACE = [
    (
        "election_timeout_s=(0.15, 0.3)",
        "election_timeout_s=(0.15, 0.4)",
    ),
]
