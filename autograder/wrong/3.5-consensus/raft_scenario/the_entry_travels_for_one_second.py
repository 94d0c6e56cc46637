"""The entry is thought to reach everybody before the cut, whoever was elected before it."""

CHECK = "raft_scenario.entry"
REPLACE = [('3: "BC", 5: set()}', '3: "BCDE", 5: set()}')]
