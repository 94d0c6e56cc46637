"""The node does not count itself among the nodes."""

CHECK = "raft.election_safety"
REPLACE = [
    (
        "return 2 * count > len(ctx.peers) + 1",
        "return 2 * count > len(ctx.peers)",
    ),
]
