"""After the cut there must be an election: B, whom all still follow, is forgotten."""

CHECK = "raft_scenario.outage"
REPLACE = [('"total_s": (23, 35),', '"total_s": (26, 35),')]
