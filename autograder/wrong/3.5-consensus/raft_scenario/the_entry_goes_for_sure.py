"""That nobody may have written to A by 35 s is overlooked."""

CHECK = "raft_scenario.returner"
REPLACE = [('"anns_entry": {"kept", "overwritten"},', '"anns_entry": {"overwritten"},')]
