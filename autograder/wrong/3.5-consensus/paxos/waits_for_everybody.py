"""Waits until all acceptors have promised: one that is down stops everything."""

CHECK = "paxos.majority"
REPLACE = [
    (
        "        if not self.is_majority(ctx, self.promises):\n",
        "        if len(self.promises) < len(self.acceptors(ctx)):\n",
    ),
]
