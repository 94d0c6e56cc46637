"""Two candidates always share the votes, so nobody is elected."""

CHECK = "raft_scenario.first_leader"
REPLACE = [('"at_14": {"B", "C", "nobody"},', '"at_14": {"nobody"},')]
