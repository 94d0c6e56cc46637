"""A promise says nothing about what was accepted before."""

CHECK = "paxos.report"
REPLACE = [
    (
        '("promise", ballot, self.accepted_ballot, self.accepted_value)',
        '("promise", ballot, NO_BALLOT, None)',
    ),
]
