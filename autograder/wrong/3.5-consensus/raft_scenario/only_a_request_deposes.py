"""The refusal of a heartbeat, which comes a second later, is overlooked."""

CHECK = "raft_scenario.split_brain"
REPLACE = [('"steps_down_s": (26, 27),', '"steps_down_s": (26, 26),')]
