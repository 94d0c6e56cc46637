"""An entry of an older term is committed because a majority holds it."""

CHECK = "raft.figure_8"
REPLACE = [
    (
        "            if self.term_at(index) == self.term and self.is_majority(ctx, holders):",
        "            if self.is_majority(ctx, holders):",
    ),
]
