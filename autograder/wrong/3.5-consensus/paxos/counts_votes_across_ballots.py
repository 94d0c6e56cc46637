"""Adds up votes from several ballots: no majority has accepted in any one of them."""

CHECK = "paxos.answer"
REPLACE = [
    (
        "        self.votes.setdefault(ballot, set()).add(acceptor)\n"
        "        if self.is_majority(ctx, self.votes[ballot]):",
        "        self.votes.setdefault(NO_BALLOT, set()).add(acceptor)\n"
        "        if self.is_majority(ctx, self.votes[NO_BALLOT]):",
    ),
]
