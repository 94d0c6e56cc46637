"""The two outages are added up where the longest one is asked for."""

CHECK = "raft_scenario.outage"
REPLACE = [('"longest_s": (13, 35),', '"longest_s": (23, 35),')]
