"""Nodes that keep every promise by doing nothing."""

from faultlab.sim import Node

CHECK = "*"


class Acceptor(Node):
    pass


class Proposer(Node):
    pass
