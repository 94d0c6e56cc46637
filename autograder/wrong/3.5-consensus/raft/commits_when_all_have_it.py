"""The leader waits for all followers, not for a majority."""

CHECK = "raft.replicated"
REPLACE = [
    (
        "            if self.term_at(index) == self.term and self.is_majority(ctx, holders):",
        "            if self.term_at(index) == self.term and holders == len(ctx.peers) + 1:",
    ),
]
