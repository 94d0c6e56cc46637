"""A call gets into the leader's log and is not sent to anybody."""

CHECK = "raft.replicated"
REPLACE = [
    (
        "entries = tuple(self.log[prev:])",
        "entries = ()",
    ),
]
