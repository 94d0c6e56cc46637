"""A ring of the last five failures: the window is full when the place to be overwritten is younger than ten seconds.
The clock is read before the lock is taken, never under it, and probes hold a semaphore of their period."""

import math
import threading

from faultlab.errors import CircuitOpenError, HTTPError


class CircuitBreaker:
    def __init__(self, clock, failure_threshold=5, window_s=10.0, recovery_time_s=30.0, probes_max=1):
        self.read_clock = clock
        self.window_s = window_s
        self.recovery_time_s = recovery_time_s
        self.probes_max = probes_max
        self.size = failure_threshold
        self.lock = threading.Lock()
        self.generation = 0
        self.reset("CLOSED")

    def reset(self, state, opened_at_s=-math.inf):
        self.generation += 1
        self.ring = [-math.inf] * self.size
        self.position = 0
        self.probes = threading.BoundedSemaphore(self.probes_max)
        self.opened_at_s = opened_at_s
        self.shown = state

    @property
    def state(self):
        return self.shown

    def call(self, request):
        now_s = self.read_clock()
        with self.lock:
            if self.shown == "OPEN" and now_s - self.opened_at_s >= self.recovery_time_s:
                self.reset("HALF_OPEN")
            if self.shown == "OPEN":
                raise CircuitOpenError(self.recovery_time_s - (now_s - self.opened_at_s))
            if self.shown == "HALF_OPEN" and not self.probes.acquire(blocking=False):
                raise CircuitOpenError()
            generation = self.generation
        bad = False
        try:
            return request()
        except Exception as error:
            bad = error.status >= 500 if isinstance(error, HTTPError) else self.is_transport(error)
            raise
        finally:
            self.settle(generation, bad, self.read_clock())

    @staticmethod
    def is_transport(error):
        return any(isinstance(error, kind) for kind in (ConnectionError, TimeoutError))

    def settle(self, generation, bad, now_s):
        with self.lock:
            if generation != self.generation:
                return
            if self.shown == "HALF_OPEN":
                self.reset("OPEN", now_s) if bad else self.reset("CLOSED")
            elif bad:
                self.ring[self.position] = now_s
                self.position = (self.position + 1) % self.size
                if now_s - self.ring[self.position] < self.window_s:
                    self.reset("OPEN", now_s)
