"""Two of four are taken for a majority."""

CHECK = "raft.election_safety"
REPLACE = [
    (
        "return 2 * count > len(ctx.peers) + 1",
        "return 2 * count >= len(ctx.peers) + 1",
    ),
]
