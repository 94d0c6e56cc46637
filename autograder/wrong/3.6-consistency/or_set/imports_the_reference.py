"""Takes the course's own class."""

from faultlab.models.crdt import ORSet as Model

CHECK = "*"


class ORSet(Model):
    pass
