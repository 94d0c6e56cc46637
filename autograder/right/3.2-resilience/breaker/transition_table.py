"""A transition table; every call carries a ticket with the serial number of the state in which it began."""

import threading
from dataclasses import dataclass

from faultlab.errors import CircuitOpenError, HTTPError

NEXT = {
    ("CLOSED", "too many failures"): "OPEN",
    ("OPEN", "time is over"): "HALF_OPEN",
    ("HALF_OPEN", "good"): "CLOSED",
    ("HALF_OPEN", "bad"): "OPEN",
}


@dataclass(frozen=True)
class Ticket:
    serial: int


class CircuitBreaker:
    def __init__(self, clock, failure_threshold=5, window_s=10.0, recovery_time_s=30.0, probes_max=1):
        self.clock, self.threshold, self.window_s = clock, failure_threshold, window_s
        self.recovery_time_s, self.probes_max = recovery_time_s, probes_max
        self.mutex = threading.RLock()
        self.current, self.serial, self.since = "CLOSED", 0, clock()
        self.moments, self.tickets = [], 0

    @property
    def state(self):
        with self.mutex:
            return self.current

    def fire(self, event):
        self.current = NEXT[self.current, event]
        self.serial += 1
        self.since = self.clock()
        self.moments, self.tickets = [], 0

    def ticket(self):
        with self.mutex:
            if self.current == "OPEN":
                passed_s = self.clock() - self.since
                if passed_s < self.recovery_time_s:
                    raise CircuitOpenError(retry_after_s=self.recovery_time_s - passed_s)
                self.fire("time is over")
            if self.current == "HALF_OPEN":
                if self.tickets == self.probes_max:
                    raise CircuitOpenError(retry_after_s=self.recovery_time_s)
                self.tickets += 1
            return Ticket(self.serial)

    def good(self, ticket):
        with self.mutex:
            if ticket.serial == self.serial and self.current == "HALF_OPEN":
                self.fire("good")

    def bad(self, ticket):
        with self.mutex:
            if ticket.serial != self.serial:
                return
            if self.current == "HALF_OPEN":
                self.fire("bad")
                return
            now = self.clock()
            self.moments = [m for m in [*self.moments, now] if now - m < self.window_s]
            if len(self.moments) >= self.threshold:
                self.fire("too many failures")

    def call(self, request):
        ticket = self.ticket()
        try:
            answer = request()
        except HTTPError as error:
            (self.bad if error.status // 100 >= 5 else self.good)(ticket)
            raise
        except (ConnectionError, TimeoutError):
            self.bad(ticket)
            raise
        except BaseException:
            self.good(ticket)
            raise
        self.good(ticket)
        return answer
