"""One leader after the other, one term after the other: 3, 4, 5."""

CHECK = "raft_scenario.next_leader"
REPLACE = [('"terms_at_34": {4, 5, 6},', '"terms_at_34": {5},')]
