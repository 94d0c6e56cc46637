"""B and C hold the entry, and that is taken for a majority."""

CHECK = "raft_scenario.split_brain"
REPLACE = [('"commits": 0,', '"commits": 1,')]
