"""An entry is taken for committed as soon as three nodes hold it, before the leader hears so."""

CHECK = "raft_scenario.entry"
REPLACE = [('{1: 13, 2: "never", 3', "{1: 12, 2: 14, 3")]
