"""An election has a winner: that D and E may disagree is overlooked."""

CHECK = "raft_scenario.first_leader"
REPLACE = [('"at_14": {"B", "C", "nobody"},', '"at_14": {"B", "C"},')]
