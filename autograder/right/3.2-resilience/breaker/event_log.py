"""Keeps a log of what happened in the present period and derives everything from it each time it is asked."""

import threading

from faultlab.errors import CircuitOpenError, HTTPError


class CircuitBreaker:
    def __init__(self, clock, failure_threshold=5, window_s=10.0, recovery_time_s=30.0, probes_max=1):
        self.clock = clock
        self.settings = {"n": failure_threshold, "window": window_s, "recovery": recovery_time_s, "probes": probes_max}
        self.condition = threading.Condition()
        self.log = [("CLOSED", 0.0)]  # its first entry names the period; the log itself is the period's identity

    @property
    def state(self):
        return self.log[0][0]

    def call(self, request):
        log = self.admit()
        try:
            result = request()
        except Exception as error:
            self.note(log, "failed" if self.blames_the_service(error) else "answered")
            raise
        else:
            self.note(log, "answered")
            return result

    def blames_the_service(self, error):
        match error:
            case HTTPError(status=status):
                return status >= 500
            case ConnectionError() | TimeoutError():
                return True
        return False

    def admit(self):
        with self.condition:
            name, since_s = self.log[0]
            if name == "CLOSED":
                return self.log
            if name == "OPEN":
                left_s = since_s + self.settings["recovery"] - self.clock()
                if left_s > 0:
                    raise CircuitOpenError(left_s)
                self.log = [("HALF_OPEN", self.clock())]
            if len(self.log) > self.settings["probes"]:
                raise CircuitOpenError(0.0)
            self.log.append(("probe", self.clock()))
            return self.log

    def note(self, log, what):
        with self.condition:
            if log is not self.log:
                return
            now_s = self.clock()
            if log[0][0] == "HALF_OPEN":
                self.log = [("OPEN" if what == "failed" else "CLOSED", now_s)]
                return
            log.append((what, now_s))
            recent = [at for kind, at in log[1:] if kind == "failed" and at > now_s - self.settings["window"]]
            if len(recent) >= self.settings["n"]:
                self.log = [("OPEN", now_s)]
