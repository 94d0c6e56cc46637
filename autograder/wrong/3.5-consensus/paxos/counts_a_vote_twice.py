"""Counts acceptances in place of acceptors: one that comes twice counts twice."""

CHECK = "paxos.answer"
REPLACE = [
    (
        "        self.votes.setdefault(ballot, set()).add(acceptor)\n",
        "        self.votes.setdefault(ballot, set()).add((acceptor, len(self.votes.get(ballot, ()))))\n",
    ),
]
