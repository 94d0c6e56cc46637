"""D and E are thought never to be elected after a cut that left the leader on the other side."""

CHECK = "raft_scenario.electable"
REPLACE = [('1: "BCDE", 2: "BCDE", 3: "BC", 5: "BCDE"}', '1: "BC", 2: "BC", 3: "BC", 5: "BCDE"}')]
