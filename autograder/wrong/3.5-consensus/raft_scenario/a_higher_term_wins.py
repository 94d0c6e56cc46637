"""Whoever has the higher term wins after the cut, so D or E leads, whatever their logs."""

CHECK = "raft_scenario.next_leader"
REPLACE = [('3: {"nobody"},', '3: {"D", "E", "nobody"},')]
