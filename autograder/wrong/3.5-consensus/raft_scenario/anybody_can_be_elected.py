"""Votes go to whoever asks first: that the logs decide is forgotten."""

CHECK = "raft_scenario.electable"
REPLACE = [('3: "BC", 5: "BCDE"}', '3: "BCDE", 5: "BCDE"}')]
