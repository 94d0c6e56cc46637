"""Adopts a value only if a majority has reported it, else it feels free."""

CHECK = "paxos.adopt"
REPLACE = [
    (
        "self.value = self.wish if highest == NO_BALLOT else value",
        "sure = self.is_majority(ctx, [r for r in self.promises.values() if r[1] == value])\n"
        "        self.value = value if highest != NO_BALLOT and sure else self.wish",
    ),
]
