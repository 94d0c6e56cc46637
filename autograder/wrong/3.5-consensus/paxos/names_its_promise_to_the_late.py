"""Answers a lower prepare with its own, higher promise: a refusal that looks like a promise."""

CHECK = "paxos.promise"
REPLACE = [
    (
        '            ctx.send(proposer, ("promise", ballot, self.accepted_ballot, self.accepted_value))\n',
        '            ctx.send(proposer, ("promise", ballot, self.accepted_ballot, self.accepted_value))\n'
        "        else:\n"
        '            ctx.send(proposer, ("promise", self.promised, self.accepted_ballot, self.accepted_value))\n',
    ),
]
