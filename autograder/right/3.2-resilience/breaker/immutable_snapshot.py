"""The whole state is one immutable value; pure functions make the next one, and a compare-and-set loop installs it."""

import threading
from typing import NamedTuple

from faultlab.errors import CircuitOpenError, HTTPError


class Snapshot(NamedTuple):
    name: str
    opened_at_s: float = 0.0
    failures: tuple = ()
    probes: int = 0
    period: object = None  # compared by identity


class CircuitBreaker:
    def __init__(self, clock, failure_threshold=5, window_s=10.0, recovery_time_s=30.0, probes_max=1):
        self._clock = clock
        self._limits = failure_threshold, window_s, recovery_time_s, probes_max
        self._cell = Snapshot("CLOSED", period=object())
        self._swap = threading.Lock()

    @property
    def state(self):
        return self._cell.name

    def _update(self, step):
        """Install step(snapshot); start again if another thread was faster."""
        while True:
            old = self._cell
            new = step(old, self._clock())
            with self._swap:
                if self._cell is old:
                    self._cell = new
                    return new

    def _enter(self, now, at_s):
        _threshold, _window_s, recovery_s, probes_max = self._limits
        if now.name == "OPEN":
            left_s = now.opened_at_s + recovery_s - at_s
            if left_s > 0:
                raise CircuitOpenError(left_s)
            return Snapshot("HALF_OPEN", probes=1, period=object())
        if now.name == "HALF_OPEN":
            if now.probes >= probes_max:
                raise CircuitOpenError(0.0)
            return now._replace(probes=now.probes + 1)
        return now

    def _leave(self, period, failed):
        threshold, window_s, _recovery_s, _probes_max = self._limits

        def step(now, at_s):
            if now.period is not period:
                return now
            if now.name == "HALF_OPEN":
                if failed:
                    return Snapshot("OPEN", opened_at_s=at_s, period=object())
                return Snapshot("CLOSED", period=object())
            if not failed:
                return now
            failures = (*(f for f in now.failures if f > at_s - window_s), at_s)
            if len(failures) >= threshold:
                return Snapshot("OPEN", opened_at_s=at_s, period=object())
            return now._replace(failures=failures)

        return step

    def call(self, request):
        period = self._update(self._enter).period
        failed = False
        try:
            return request()
        except HTTPError as error:
            failed = error.status >= 500
            raise
        except (ConnectionError, TimeoutError):
            failed = True
            raise
        finally:
            self._update(self._leave(period, failed))
