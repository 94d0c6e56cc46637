"""Nobody can be elected during the cut, so the term is thought not to change."""

CHECK = "raft_scenario.terms"
REPLACE = [('24: {"BC": {4, 5}, "DE": {4, 5}},', '24: {"BC": {4}, "DE": {4}},')]
