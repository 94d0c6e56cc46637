"""Only B has led, so only B has the right log."""

CHECK = "raft_scenario.electable"
REPLACE = [('1: "BCDE", 2: "BCDE", 3: "BC", 5: "BCDE"}', '1: "B", 2: "B", 3: "B", 5: "BCDE"}')]
