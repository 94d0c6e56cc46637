"""What B sent before the cut is thought to have reached C only, whatever L is."""

CHECK = "raft_scenario.entry"
REPLACE = [('1: "BCDE", 2: "BCDE", 3: "BC", 5: set()}', '1: "BC", 2: "BC", 3: "BC", 5: set()}')]
