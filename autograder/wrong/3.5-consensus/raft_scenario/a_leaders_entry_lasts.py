"""A was the leader when it took Ann's write, so the entry is committed in the end."""

CHECK = "raft_scenario.returner"
REPLACE = [('"anns_entry": {"kept", "overwritten"},', '"anns_entry": {"kept", "committed"},')]
