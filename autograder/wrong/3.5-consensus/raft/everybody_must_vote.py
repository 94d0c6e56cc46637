"""A candidate waits for the votes of all, not of a majority."""

CHECK = "raft.elected"
REPLACE = [
    (
        "return 2 * count > len(ctx.peers) + 1",
        "return count == len(ctx.peers) + 1",
    ),
]
