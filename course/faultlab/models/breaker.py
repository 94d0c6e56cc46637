"""Circuit breaker: stop calling a service that fails, and find out with few calls whether it is back.

    CLOSED     calls pass; their results are kept in a sliding window
    OPEN       calls are refused at once: the caller does not wait, the service is left in peace
    HALF_OPEN  a few calls pass as probes; their results decide

Rules
1. A result (success or failure) enters the window at the moment it arrives. The window at time t is (t - window_s, t]:
   a failure that is exactly window_s old no longer counts. With `window_calls` it is the last that many results,
   however old.
2. The breaker opens when the window holds `failure_threshold` failures. With `failure_rate` it opens when the window
   holds at least `calls_min` results and that share of them failed. The minimum keeps one failure out of one call from
   being 100 %.
3. It stays open for `recovery_time_s`. The first call at or after that moment makes it half-open, and is the first
   probe. Time alone changes nothing: a breaker without calls needs no timer, and reading its state has no effect.
4. Half-open, at most `probes_max` calls are out at once; others are refused as if it were open.
5. A probe that succeeds closes the breaker, with an empty window: old failures must not open it again. A probe that
   fails opens it for another full `recovery_time_s`.
6. A result counts only in the period in which its call started. A slow failure that arrives when the breaker is open
   does not prolong anything, and a slow success from before the trouble closes nothing.
7. Only failures of the service count (`is_failure`). An answer 404 is the caller's mistake and a sign of life: it
   counts as success. What ended before anything was sent, at a full bulkhead inside the breaker say, counts as neither
   (`is_ignored`).
8. The call itself runs outside the lock. Only the bookkeeping before and after is serialised, and the clock is read
   under the lock, so that results stand in the window in the order of their times.

The clock must be monotonic (`time.monotonic`, or a `VirtualClock`).

Left out: a call that never ends keeps its probe's place for ever, so a breaker belongs around calls that have a
timeout; slow calls are not failures here (resilience4j counts them on request); each breaker sees the calls of one
process only.

Sources: M. Nygard, Release It! (2nd ed. 2018), ch. 5; M. Fowler, CircuitBreaker (2014). Windows, rates and probes are
named as in resilience4j, whose documentation is worth reading beside this file.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from faultlab.errors import BulkheadFullError, CircuitOpenError, FaultlabError, HTTPError
from faultlab.sim import VirtualClock, stream

CLOSED, OPEN, HALF_OPEN = "CLOSED", "OPEN", "HALF_OPEN"
STATES = (CLOSED, OPEN, HALF_OPEN)

THRESHOLD_REACHED = "threshold reached"
RECOVERY_ELAPSED = "recovery time elapsed"
PROBE_SUCCEEDED = "probe succeeded"
PROBE_FAILED = "probe failed"
EVENTS = (THRESHOLD_REACHED, RECOVERY_ELAPSED, PROBE_SUCCEEDED, PROBE_FAILED)

# The whole machine. The picture of it in the chapter and in the panel is drawn from this table.
TRANSITIONS = {
    (CLOSED, THRESHOLD_REACHED): OPEN,
    (OPEN, RECOVERY_ELAPSED): HALF_OPEN,
    (HALF_OPEN, PROBE_SUCCEEDED): CLOSED,
    (HALF_OPEN, PROBE_FAILED): OPEN,
}

Listener = Callable[[str, str, float], None]

_log = logging.getLogger(__name__)


class IllegalEventError(FaultlabError):
    """The state has no transition for the event."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"no transition from {state} on {event!r}")
        self.state = state
        self.event = event


class StateMachine:
    """The table, and where we are in it. `period` counts the changes: it tells one CLOSED from the next."""

    __slots__ = ("period", "state")

    def __init__(self) -> None:
        self.state = CLOSED
        self.period = 0

    def fire(self, event: str) -> str:
        """Make the transition for `event` and return the new state.

        IllegalEventError if there is none, and then nothing has changed.
        """
        try:
            self.state = TRANSITIONS[self.state, event]
        except KeyError:
            raise IllegalEventError(self.state, event) from None
        self.period += 1
        return self.state


def service_failure(error: BaseException) -> bool:
    """True if `error` speaks of the service, not of the request: HTTP 5xx, a broken connection, a timeout."""
    if isinstance(error, HTTPError):
        return error.status >= 500
    return isinstance(error, (ConnectionError, TimeoutError))


def never_sent(error: BaseException) -> bool:
    """True if `error` was raised on this side, by a bulkhead or another breaker: it says nothing about the service."""
    return isinstance(error, (BulkheadFullError, CircuitOpenError))


@dataclass(frozen=True)
class BreakerConfig:
    """When to open, for how long, and how to try again.

    Give `window_calls` to slide by count in place of `window_s`, and `failure_rate` (with `calls_min`) to open at a
    share of failures in place of `failure_threshold`. ValueError for settings with which the breaker could never open
    or never close.
    """

    failure_threshold: int = 5
    window_s: float = 10.0
    window_calls: int | None = None
    failure_rate: float | None = None
    calls_min: int = 10
    recovery_time_s: float = 30.0
    probes_max: int = 1
    is_failure: Callable[[BaseException], bool] = service_failure
    is_ignored: Callable[[BaseException], bool] = never_sent

    def __post_init__(self) -> None:
        def require(condition: bool, message: str) -> None:
            if not condition:
                raise ValueError(message)

        require(self.failure_threshold >= 1, "failure_threshold must be at least 1")
        require(self.window_s > 0, "window_s must be positive")
        require(self.calls_min >= 1, "calls_min must be at least 1")
        require(self.recovery_time_s >= 0, "recovery_time_s must not be negative")
        require(self.probes_max >= 1, "probes_max must be at least 1: without a probe the breaker never closes")
        require(self.failure_rate is None or 0 < self.failure_rate <= 1, "failure_rate is a share: above 0, at most 1")
        if self.window_calls is not None:
            results_needed = self.failure_threshold if self.failure_rate is None else self.calls_min
            require(
                self.window_calls >= results_needed,
                f"a window of {self.window_calls} calls never holds the {results_needed} that it takes to open",
            )


class SlidingWindow:
    """The recent results as (moment_s, ok), limited by age or by number, with a running count of failures."""

    def __init__(self, window_s: float, window_calls: int | None = None) -> None:
        self._window_s = window_s
        self._window_calls = window_calls
        self._results: deque[tuple[float, bool]] = deque()
        self.failures = 0

    def __len__(self) -> int:
        return len(self._results)

    def add(self, moment_s: float, ok: bool) -> None:
        self._results.append((moment_s, ok))
        self.failures += not ok
        self.slide(moment_s)

    def slide(self, now_s: float) -> None:
        """Drop what is out of the window at `now_s`. Each result is dropped once, so a call costs O(1) on average."""
        while self._results and self._is_out(now_s):
            _, ok = self._results.popleft()
            self.failures -= not ok

    def _is_out(self, now_s: float) -> bool:
        if self._window_calls is not None:
            return len(self._results) > self._window_calls
        return self._results[0][0] <= now_s - self._window_s  # rule 1: open on the left

    def results(self, now_s: float) -> list[tuple[float, bool]]:
        """What counts at `now_s`, oldest first; nothing is dropped by looking."""
        if self._window_calls is not None:
            return list(self._results)
        return [(t, ok) for t, ok in self._results if t > now_s - self._window_s]

    def clear(self) -> None:
        self._results.clear()
        self.failures = 0


class Permit:
    """The right to make one call, and the duty to report its result once: `succeed`, `fail`, `record` or `cancel`.

    RuntimeError on a second report, which changes nothing.
    """

    __slots__ = ("_breaker", "_settled", "is_probe", "period")

    def __init__(self, breaker: CircuitBreaker, period: int, is_probe: bool) -> None:
        self._breaker = breaker
        self._settled = False
        self.period = period
        self.is_probe = is_probe

    def succeed(self) -> None:
        self._breaker._settle(self, ok=True)

    def fail(self, error: BaseException | None = None) -> None:
        """Report a failure of the service, whatever `is_failure` would say of `error`."""
        self._breaker._settle(self, ok=False)

    def record(self, error: BaseException | None) -> bool:
        """Report how the call ended (None: normally) and return whether that was a failure of the service (rule 7)."""
        config = self._breaker.config
        try:
            ignored = error is not None and config.is_ignored(error)
            failed = error is not None and not ignored and config.is_failure(error)
        except Exception:
            self.cancel()
            raise
        self._breaker._settle(self, ok=None if ignored else not failed)
        return failed

    def cancel(self) -> None:
        """Report that the call was given up and says nothing about the service: nothing is counted."""
        self._breaker._settle(self, ok=None)


class CircuitBreaker:
    """A breaker around calls to one service.

    `call(request)` does everything; `acquire()` and the permit's methods are for code that starts a call in one place
    and sees it end in another. `fallback(error)`, if given, answers in place of a refused or failed call. Each
    listener is told (old, new, moment_s) of every change, in order and outside the lock; what it raises is logged and
    goes no further.

    Do not share one breaker among services: the failures of one would cut off the others.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        config: BreakerConfig | None = None,
        fallback: Callable[[Exception], Any] | None = None,
        listeners: Iterable[Listener] = (),
    ) -> None:
        self.config = config or BreakerConfig()
        self._clock = clock
        self._fallback = fallback
        self._listeners = tuple(listeners)
        self._lock = threading.Lock()
        self._machine = StateMachine()
        self._window = SlidingWindow(self.config.window_s, self.config.window_calls)
        self._opened_at_s = 0.0
        self._probes_out = 0
        self._news: deque[tuple[str, str, float]] = deque()
        self._telling = False

    @property
    def state(self) -> str:
        """CLOSED, OPEN or HALF_OPEN.

        Looking changes nothing: after the recovery time it is OPEN until a call comes (rule 3).
        """
        return self._machine.state

    @property
    def opened_at_s(self) -> float:
        """When it opened last; means nothing before that."""
        return self._opened_at_s

    def window(self) -> list[tuple[float, bool]]:
        """The results that count now, as (moment_s, ok), oldest first.

        While open: those that opened it, as far as they still count.
        """
        with self._lock:
            return self._window.results(self._clock())

    def call(self, request: Callable[[], Any]) -> Any:
        """Run `request()` if the state allows it and report its result.

        Raises what the request raised, or CircuitOpenError with the seconds to the next probe; with a fallback, its
        answer takes the place of a refusal and of a failure of the service, not of the caller's own errors.
        """
        try:
            permit = self.acquire()
        except CircuitOpenError as refusal:
            return self._answer_for(refusal)
        try:
            value = request()
        except Exception as error:
            if permit.record(error):
                return self._answer_for(error)
            raise
        except BaseException:
            # Ctrl+C or a cancelled task: not the service's doing, neither success nor failure.
            permit.cancel()
            raise
        permit.succeed()
        return value

    def acquire(self) -> Permit:
        """The permit for one call; CircuitOpenError if it is refused.

        A permit must be settled: an abandoned probe blocks the way back.
        """
        with self._lock:
            if self._machine.state == OPEN:
                now_s = self._clock()
                retry_after_s = self._opened_at_s + self.config.recovery_time_s - now_s
                if retry_after_s > 0:
                    raise CircuitOpenError(retry_after_s)
                self._change(RECOVERY_ELAPSED, now_s)
            is_probe = self._machine.state == HALF_OPEN
            if is_probe:
                if self._probes_out >= self.config.probes_max:
                    raise CircuitOpenError(0.0)  # as soon as a probe ends; nobody knows when
                self._probes_out += 1
            permit = Permit(self, self._machine.period, is_probe)
        self._tell()
        return permit

    def _settle(self, permit: Permit, ok: bool | None) -> None:
        with self._lock:
            if permit._settled:
                raise RuntimeError("this permit was already settled")
            permit._settled = True
            if permit.period == self._machine.period:  # rule 6: anything else is too late to matter
                if permit.is_probe:
                    self._probes_out -= 1
                if ok is not None:
                    self._count(permit, ok)
        self._tell()

    def _count(self, permit: Permit, ok: bool) -> None:
        now_s = self._clock()
        if permit.is_probe:
            self._change(PROBE_SUCCEEDED if ok else PROBE_FAILED, now_s)
            return
        self._window.add(now_s, ok)
        if self._threshold_is_reached():
            self._change(THRESHOLD_REACHED, now_s)

    def _threshold_is_reached(self) -> bool:
        failures, results, config = self._window.failures, len(self._window), self.config
        if config.failure_rate is None:
            return failures >= config.failure_threshold
        return results >= config.calls_min and failures / results >= config.failure_rate

    def _change(self, event: str, now_s: float) -> None:
        old = self._machine.state
        new = self._machine.fire(event)
        self._probes_out = 0
        if new == OPEN:
            self._opened_at_s = now_s
        elif new == CLOSED:
            self._window.clear()  # rule 5
        if self._listeners:
            self._news.append((old, new, now_s))

    def _tell(self) -> None:
        """Tell the listeners outside the lock, so that they may use the breaker.

        One thread at a time, so that the order is right.
        """
        while self._news:
            with self._lock:
                if self._telling or not self._news:
                    return
                self._telling = True
                news = self._news.popleft()
            try:
                for listener in self._listeners:
                    self._tell_one(listener, news)
            finally:
                self._telling = False

    @staticmethod
    def _tell_one(listener: Listener, news: tuple[str, str, float]) -> None:
        try:
            listener(*news)
        except Exception:
            _log.exception("a listener of the circuit breaker failed")

    def _answer_for(self, error: Exception) -> Any:
        if self._fallback is None:
            raise error
        return self._fallback(error)


class NaiveBreaker:
    """A breaker as it is often written at first. It runs, it looks right, and it breaks rules 1 and 4 to 8.

    It counts failures in a row, so one success in between forgets the rest; it forgets them also when it begins to
    probe, so a failed probe does not open it; it lets any number of probes through; every exception counts; late
    results count; there is no lock. `window_s` and `probes_max` are taken and ignored, so that it fits wherever a
    breaker of the exercise fits.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        failure_threshold: int = 5,
        window_s: float = 10.0,
        recovery_time_s: float = 30.0,
        probes_max: int = 1,
    ) -> None:
        self._clock = clock
        self._failure_threshold = failure_threshold
        self._recovery_time_s = recovery_time_s
        self._failures_in_a_row = 0
        self._last_failure_s = 0.0
        self.state = CLOSED

    def call(self, request: Callable[[], Any]) -> Any:
        if self.state == OPEN:
            waited_s = self._clock() - self._last_failure_s
            if waited_s <= self._recovery_time_s:
                raise CircuitOpenError(self._recovery_time_s - waited_s)
            self.state, self._failures_in_a_row = HALF_OPEN, 0
        try:
            value = request()
        except Exception:
            self._failures_in_a_row += 1
            self._last_failure_s = self._clock()
            if self._failures_in_a_row >= self._failure_threshold:
                self.state = OPEN
            raise
        self.state, self._failures_in_a_row = CLOSED, 0
        return value


# Traffic to try a breaker with: the same calls through any object that has `call(request)` and `state`.


@dataclass(frozen=True)
class Call:
    """One call that a client wants to make at `at_s`.

    If it is let through it takes `latency_s` and ends with `error` (None: well).
    """

    at_s: float
    latency_s: float = 0.0
    error: Exception | None = None


class AnyBreaker(Protocol):
    """What the panel and the exercise ask of a breaker."""

    state: str

    def call(self, request: Callable[[], Any]) -> Any: ...


@dataclass
class Drive:
    """What became of the calls.

    `outcomes`: (at_s, "succeeded" | "failed" | "rejected" | "client error") for each call. `ribbon`: (from_s, to_s,
    state) without gaps.
    """

    outcomes: list[tuple[float, str]] = field(default_factory=list)
    ribbon: list[tuple[float, float, str]] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        return sum(kind == outcome for _, kind in self.outcomes)


def traffic(
    seed: int,
    duration_s: float = 60.0,
    rate_per_s: float = 10.0,
    failure_share: float = 0.0,
    outages: Sequence[tuple[float, float]] = (),
    latency_s: float = 0.02,
) -> list[Call]:
    """Poisson arrivals.

    Each call fails with probability `failure_share`, and always during an outage (from_s, to_s).
    """
    arrivals, fates = stream(seed, "arrivals"), stream(seed, "fates")
    calls, at_s = [], arrivals.expovariate(rate_per_s)
    while at_s < duration_s:
        fails = fates.random() < failure_share or any(start <= at_s < end for start, end in outages)
        calls.append(Call(at_s, latency_s, HTTPError(503) if fails else None))
        at_s += arrivals.expovariate(rate_per_s)
    return calls


def drive(
    make_breaker: Callable[[VirtualClock], AnyBreaker], calls: Iterable[Call], until_s: float | None = None
) -> Drive:
    """Send `calls` through the breaker that `make_breaker(clock)` makes, one after the other, on a virtual clock.

    A call that comes while the one before is still running waits for it. The state is read before, during and after
    each call.
    """
    clock = VirtualClock()
    breaker = make_breaker(clock)
    result, changes = Drive(), [(0.0, breaker.state)]

    def look() -> None:
        if breaker.state != changes[-1][1]:
            changes.append((clock(), breaker.state))

    def run(call: Call) -> None:
        look()
        clock.advance(call.latency_s)
        if call.error is not None:
            raise call.error

    for call in calls:
        clock.advance_to(max(clock(), call.at_s))
        look()
        started_s = clock()
        try:
            breaker.call(lambda call=call: run(call))
            outcome = "succeeded"
        except CircuitOpenError:
            outcome = "rejected"
        except Exception as error:
            if error is not call.error:
                raise
            outcome = "failed" if service_failure(error) else "client error"
        result.outcomes.append((started_s, outcome))
        look()
    end_s = max(clock(), until_s or 0.0)
    ends_s = [moment_s for moment_s, _ in changes[1:]] + [end_s]
    result.ribbon = [(start_s, stop_s, state) for (start_s, state), stop_s in zip(changes, ends_s, strict=True)]
    return result
