"""A is thought to start an election as it starts, to find out who leads."""

CHECK = "raft_scenario.returner"
REPLACE = [('"roles": {"follower"},', '"roles": {"follower", "candidate"},')]
