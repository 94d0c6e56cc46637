"""Seeds its own random numbers, and so all proposers draw the same ones."""

CHECK = "paxos.retry"
REPLACE = [
    (
        "        wait_s = 0.1",
        "        import random\n\n        wait_s = 0.1",
    ),
    (
        "ctx.random.uniform(wait_s, 2 * wait_s)",
        "random.Random(self.opened).uniform(wait_s, 2 * wait_s)",
    ),
]
