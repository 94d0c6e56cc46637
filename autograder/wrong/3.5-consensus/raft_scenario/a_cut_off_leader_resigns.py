"""A leader without a majority is thought to step down by itself."""

CHECK = "raft_scenario.split_brain"
REPLACE = [('{"BC": {"B", "C", "nobody"}, "DE": {"nobody"}}', '{"BC": {"nobody"}, "DE": {"nobody"}}')]
