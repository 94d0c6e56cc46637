"""Once there is a leader the cluster is in service, cut or not."""

CHECK = "raft_scenario.outage"
REPLACE = [('"total_s": (23, 35),', '"total_s": (13, 35),')]
