"""Takes the course's own model."""

from faultlab.models.raft import Raft

CHECK = "*"

Election = Replication = Raft
