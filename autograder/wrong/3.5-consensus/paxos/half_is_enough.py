"""Takes half of the acceptors for a majority: of four, two and two decide differently."""

CHECK = "paxos.majority"
REPLACE = [
    (
        "return len(names) > len(self.acceptors(ctx)) / 2",
        "return len(names) >= len(self.acceptors(ctx)) / 2",
    ),
]
