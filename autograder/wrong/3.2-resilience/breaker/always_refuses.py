"""Refuses every call: nothing ever fails, because nothing is ever sent."""

from faultlab.errors import CircuitOpenError

CHECK = "*"


class CircuitBreaker:
    def __init__(self, clock, failure_threshold=5, window_s=10.0, recovery_time_s=30.0, probes_max=1):
        self.state = "OPEN"

    def call(self, request):
        raise CircuitOpenError(30.0)
