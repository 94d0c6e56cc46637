"""What arrives at 15 s arrives: the cut is thought to come after it."""

CHECK = "raft_scenario.first_leader"
REPLACE = [('"elected_s": {1: 11, 2: 12, 3: 13, 5: "never"},', '"elected_s": {1: 11, 2: 12, 3: 13, 5: 15},')]
