"""The outage is over when B and C stand, at 5 s."""

CHECK = "raft_scenario.outage"
REPLACE = [('"total_s": (23, 35),', '"total_s": (5, 35),'), ('"longest_s": (13, 35),', '"longest_s": (5, 35),')]
