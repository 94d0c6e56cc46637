"""Has the majority of three acceptors written in: two are always enough."""

CHECK = "paxos.majority"
REPLACE = [
    (
        "return len(names) > len(self.acceptors(ctx)) / 2",
        "return len(names) >= 2",
    ),
]
