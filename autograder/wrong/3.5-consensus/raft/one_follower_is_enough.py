"""The leader commits what one follower has, of however many."""

CHECK = "raft.durability"
REPLACE = [
    (
        "            if self.term_at(index) == self.term and self.is_majority(ctx, holders):",
        "            if self.term_at(index) == self.term and holders > 1:",
    ),
]
