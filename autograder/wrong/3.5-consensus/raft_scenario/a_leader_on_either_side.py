"""Each side elects a leader of its own: the majority is taken of those that can be heard."""

CHECK = "raft_scenario.split_brain"
REPLACE = [('"nobody"}, "DE": {"nobody"}}', '"nobody"}, "DE": {"D", "E", "nobody"}}')]
