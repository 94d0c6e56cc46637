"""B is elected when the requests arrive, not when the votes are back."""

CHECK = "raft_scenario.first_leader"
REPLACE = [('"elected_s": {1: 11, 2: 12, 3: 13, 5: "never"},', '"elected_s": {1: 10, 2: 10, 3: 10, 5: 10},')]
