"""B comes first in the alphabet, and in every telling of the story: it wins term 4."""

CHECK = "raft_scenario.first_leader"
REPLACE = [('"at_14": {"B", "C", "nobody"},', '"at_14": {"B"},')]
