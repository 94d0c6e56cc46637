"""A node adopts the term of whatever message comes, a lower one too."""

CHECK = "raft.terms"
REPLACE = [
    (
        "        if term > self.term:\n            self.adopt_term(ctx, term)",
        "        if term != self.term:\n            self.adopt_term(ctx, term)",
    ),
]
