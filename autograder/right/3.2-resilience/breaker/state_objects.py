"""The state pattern: one class per state, a new object for each period, so that a late result meets an old object."""

import threading
from collections import deque

from faultlab.errors import CircuitOpenError, HTTPError


class Closed:
    name = "CLOSED"

    def __init__(self, breaker):
        self.breaker = breaker
        self.failures = deque(maxlen=breaker.failure_threshold)

    def enter(self):
        return self

    def failed(self):
        now_s = self.breaker.clock()
        self.failures.append(now_s)
        full = len(self.failures) == self.failures.maxlen
        if full and now_s - self.failures[0] < self.breaker.window_s:
            self.breaker.become(self, Open(self.breaker, now_s))

    def succeeded(self):
        pass


class Open:
    name = "OPEN"

    def __init__(self, breaker, now_s):
        self.breaker = breaker
        self.until_s = now_s + breaker.recovery_time_s

    def enter(self):
        now_s = self.breaker.clock()
        if now_s < self.until_s:
            raise CircuitOpenError(self.until_s - now_s)
        return self.breaker.become(self, HalfOpen(self.breaker)).enter()


class HalfOpen:
    name = "HALF_OPEN"

    def __init__(self, breaker):
        self.breaker = breaker
        self.places = breaker.probes_max

    def enter(self):
        if not self.places:
            raise CircuitOpenError(0.0)
        self.places -= 1
        return self

    def failed(self):
        self.breaker.become(self, Open(self.breaker, self.breaker.clock()))

    def succeeded(self):
        self.breaker.become(self, Closed(self.breaker))


class CircuitBreaker:
    def __init__(self, clock, failure_threshold=5, window_s=10.0, recovery_time_s=30.0, probes_max=1):
        self.clock = clock
        self.failure_threshold = failure_threshold
        self.window_s = window_s
        self.recovery_time_s = recovery_time_s
        self.probes_max = probes_max
        self.guard = threading.RLock()
        self.now = Closed(self)

    @property
    def state(self):
        return self.now.name

    def become(self, old, new):
        if self.now is old:
            self.now = new
        return self.now

    def call(self, request):
        with self.guard:
            period = self.now.enter()
        try:
            answer = request()
        except Exception as error:
            server = isinstance(error, HTTPError) and error.status > 499
            with self.guard:
                if server or isinstance(error, (ConnectionError, TimeoutError)):
                    period.failed()
                else:
                    period.succeeded()
            raise
        with self.guard:
            period.succeeded()
        return answer
