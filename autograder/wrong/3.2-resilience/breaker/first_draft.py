"""The breaker as most people write it at first: it forgets its count as it begins to probe, so a failed probe is one
failure of five."""

from faultlab.errors import CircuitOpenError

CHECK = "breaker.reopens"


class CircuitBreaker:
    def __init__(self, clock, failure_threshold=5, window_s=10.0, recovery_time_s=30.0, probes_max=1):
        self.clock = clock
        self.failure_threshold = failure_threshold
        self.recovery_time_s = recovery_time_s
        self.state = "CLOSED"
        self.failures = 0
        self.last_failure_s = 0.0

    def call(self, request):
        if self.state == "OPEN":
            left_s = self.last_failure_s + self.recovery_time_s - self.clock()
            if left_s > 0:
                raise CircuitOpenError(left_s)
            self.state = "HALF_OPEN"
            self.failures = 0
        try:
            result = request()
        except Exception:
            self.failures += 1
            self.last_failure_s = self.clock()
            if self.failures >= self.failure_threshold:
                self.state = "OPEN"
            raise
        self.state = "CLOSED"
        self.failures = 0
        return result
