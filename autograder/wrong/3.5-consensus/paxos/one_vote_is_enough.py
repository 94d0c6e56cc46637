"""Takes the first acceptance for the decision."""

CHECK = "paxos.answer"
REPLACE = [
    (
        "        if self.is_majority(ctx, self.votes[ballot]):",
        "        if self.votes[ballot]:",
    ),
]
