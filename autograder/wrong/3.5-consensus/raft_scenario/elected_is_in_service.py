"""The outage is over when B is elected, at 11 s, before anything is committed."""

CHECK = "raft_scenario.outage"
REPLACE = [('"total_s": (23, 35),', '"total_s": (21, 35),'), ('"longest_s": (13, 35),', '"longest_s": (11, 35),')]
