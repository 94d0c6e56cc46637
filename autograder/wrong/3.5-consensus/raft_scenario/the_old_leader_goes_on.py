"""After the cut B leads on: the timers of D and E, which may run out first, are overlooked."""

CHECK = "raft_scenario.next_leader"
REPLACE = [('1: {"B", "D", "E", "nobody"},', '1: {"B"},')]
