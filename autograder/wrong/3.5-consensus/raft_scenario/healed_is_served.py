"""There is always a leader again nine seconds after the network has healed."""

CHECK = "raft_scenario.next_leader"
REPLACE = [('3: {"nobody"},', '3: {"B", "C"},')]
