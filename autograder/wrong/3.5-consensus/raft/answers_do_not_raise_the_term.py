"""A higher term in an answer is not adopted, only one in a question."""

CHECK = "raft.terms"
REPLACE = [
    (
        "        if term > self.term:\n            self.adopt_term(ctx, term)",
        '        if term > self.term and kind not in ("vote", "appended"):\n            self.adopt_term(ctx, term)',
    ),
]
