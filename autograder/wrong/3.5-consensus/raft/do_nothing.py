"""Nodes that do nothing: nothing wrong ever happens, because nothing happens."""

from faultlab.sim import Node

CHECK = "*"


class Election(Node):
    def on_start(self, ctx):
        self.role, self.term, self.voted_for, self.leader = "follower", 0, None, None
        self.log, self.commit_index, self.last_applied = [], 0, 0


Replication = Raft = Election
