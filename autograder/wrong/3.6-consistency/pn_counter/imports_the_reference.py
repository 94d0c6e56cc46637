"""Takes the course's own class."""

from faultlab.models.crdt import PNCounter as Model

CHECK = "*"


class PNCounter(Model):
    pass
