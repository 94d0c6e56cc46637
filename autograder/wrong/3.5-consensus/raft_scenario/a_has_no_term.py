"""A is thought to have forgotten its term, as if it did not stand on the disk."""

CHECK = "raft_scenario.returner"
REPLACE = [('"starts_in_term": 3,', '"starts_in_term": 0,')]
