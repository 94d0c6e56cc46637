"""An entry is taken for committed when the leader has it."""

CHECK = "raft_scenario.entry"
REPLACE = [('{1: 13, 2: "never", 3: "never", 5: "never"}', '{1: 11, 2: 12, 3: 13, 5: "never"}')]
