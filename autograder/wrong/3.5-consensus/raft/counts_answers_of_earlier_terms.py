"""What a follower answered to an earlier leadership counts in this one."""

CHECK = "raft.durability"
REPLACE = [
    (
        "        if self.role != LEADER or term != self.term:\n            return\n        if success:",
        "        if self.role != LEADER:\n            return\n        if success:",
    ),
]
