"""Lets every call through: the answer of someone who wrote nothing."""

CHECK = "*"


class CircuitBreaker:
    def __init__(self, clock, failure_threshold=5, window_s=10.0, recovery_time_s=30.0, probes_max=1):
        self.state = "CLOSED"

    def call(self, request):
        return request()
