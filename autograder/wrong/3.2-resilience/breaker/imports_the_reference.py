"""Takes the model of the course in place of an answer."""

from faultlab.models.breaker import BreakerConfig
from faultlab.models.breaker import CircuitBreaker as Model

CHECK = "*"


class CircuitBreaker(Model):
    def __init__(self, clock, failure_threshold=5, window_s=10.0, recovery_time_s=30.0, probes_max=1):
        super().__init__(
            clock,
            BreakerConfig(failure_threshold, window_s, recovery_time_s=recovery_time_s, probes_max=probes_max),
        )
