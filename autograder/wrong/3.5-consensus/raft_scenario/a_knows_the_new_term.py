"""A is thought to start in the term of the others."""

CHECK = "raft_scenario.returner"
REPLACE = [('"starts_in_term": 3,', '"starts_in_term": 4,')]
