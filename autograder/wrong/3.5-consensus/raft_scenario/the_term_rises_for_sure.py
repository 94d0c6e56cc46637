"""Without a leader of its own, {D, E} must have begun a term by 24 s: timers of 15 s are forgotten."""

CHECK = "raft_scenario.terms"
REPLACE = [('24: {"BC": {4, 5}, "DE": {4, 5}},', '24: {"BC": {4, 5}, "DE": {5}},')]
