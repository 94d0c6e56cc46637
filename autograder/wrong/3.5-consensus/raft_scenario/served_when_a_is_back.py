"""The outage is over at the latest when A is back, at 30 s."""

CHECK = "raft_scenario.outage"
REPLACE = [('"total_s": (23, 35),', '"total_s": (23, 30),'), ('"longest_s": (13, 35),', '"longest_s": (13, 30),')]
