"""B is thought to know at 25 s that the network has healed."""

CHECK = "raft_scenario.split_brain"
REPLACE = [('"steps_down_s": (26, 27),', '"steps_down_s": (25, 25),')]
