"""The rule of Figure 8 is taken so far that nothing is committed while older entries stand before it."""

CHECK = "raft.figure_8"
REPLACE = [
    (
        "            if self.term_at(index) == self.term and self.is_majority(ctx, holders):",
        "            if self.term_at(self.commit_index + 1) == self.term and self.is_majority(ctx, holders):",
    ),
]
