"""A led when it failed, so it leads when it is back."""

CHECK = "raft_scenario.returner"
REPLACE = [('"roles": {"follower"},', '"roles": {"leader"},')]
