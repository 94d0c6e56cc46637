"""Terms are counted as if a timeout took 5 s."""

CHECK = "raft_scenario.terms"
REPLACE = [('24: {"BC": {4, 5}, "DE": {4, 5}},', '24: {"BC": {4, 5}, "DE": {4, 5, 6}},')]
