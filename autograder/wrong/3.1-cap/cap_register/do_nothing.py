"""Does nothing."""

from faultlab.sim import Node

CHECK = "*"


class CPRegister(Node):
    pass


class APRegister(Node):
    pass
