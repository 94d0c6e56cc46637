"""What a circuit breaker must show (exercise 3.2, task 1).

The contract stands in the assignment; the rules here have its numbers. Each check plays one behaviour and is kind about
all others:

1. A breaker is opened by as many failures at one moment as it takes (`Rig.trip`), and a closed breaker's own threshold
   is measured (`needed`) where a check counts. So an off-by-one threshold costs the points of one check.
2. Where a check does not judge the recovery time, it waits `LONG_S`, longer than any breaker should need.
3. A call that sends no request counts as refused, whatever it raises; only `breaker.open` asks for the right error.
4. Every check demands a call that passes and a call that is refused: neither a breaker that lets everything through nor
   one that refuses everything passes any of them.

Moments are sums of numbers that binary fractions hold exactly, so that "exactly 10 s" means the same to every
implementation. Races are made by holding calls at the only places where the judge can: inside the request, and at a
reading of the clock. A race between two lines that touch neither is not found, and no check pretends to.
"""

from __future__ import annotations

import builtins
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from faultlab.checks.core import Failed, Schedule, Trial, register
from faultlab.checks.subject import Outcome, Pending, Ref, SubjectError, SubjectLost
from faultlab.errors import HTTPError
from faultlab.i18n import N_, _

THRESHOLD, WINDOW_S, RECOVERY_S = 5, 10.0, 30.0
FAILURES_TRIED = 12
LONG_S = 45.0
HANG_S = 0.05  # real time: how long a client waits for a server that is known to hang
PINGS = 5
STUCK_SETTLES, STUCK_S_MIN = 8, 0.4  # a call is stuck after so many settles without a sound, and so much real time

STATUSES_4XX, STATUSES_5XX = (400, 401, 403, 404, 409, 422, 429, 499), (500, 501, 502, 503, 504, 507, 599)
BROKEN = ("ConnectionError", "ConnectionResetError", "ConnectionRefusedError", "BrokenPipeError")
OTHERS = ("ValueError", "KeyError", "PermissionError", "RuntimeError")
FAILURES = (*STATUSES_5XX, *BROKEN, "TimeoutError")
ANSWERS = (*STATUSES_4XX, *OTHERS)

# Errors that no breaker raises on purpose: they are bugs, and are reported as such.
BUGS = ("TypeError", "AttributeError", "NameError", "LookupError", "ArithmeticError", "AssertionError")


@dataclass(frozen=True)
class Made:
    """A call through the breaker: how it ended, and the numbers of the requests that it sent."""

    outcome: Outcome
    requests: tuple[int, ...]

    @property
    def ran(self) -> bool:
        return bool(self.requests)


def answer(kind: Any) -> Any:
    """What a request of this kind returns or raises: an HTTP status, the name of an error, or "ok"."""
    if isinstance(kind, int):
        raise HTTPError(kind)
    if kind.endswith("Error"):
        raise getattr(builtins, kind)("the request failed")
    return kind


class Rig:
    """A learner's breaker, the service behind it, and the words to judge it by.

    With `hold_clock` every reading of the clock is a gate, through which calls are waved unless a check holds them
    there. Use it with `with`: calls still held at the end are let go.
    """

    def __init__(self, t: Trial, hold_clock: bool = False, **settings: Any) -> None:
        self.t = t
        self._rounds = max(STUCK_SETTLES, math.ceil(STUCK_S_MIN / t.subject.settle_s))
        self._lanes: list[Pending] = []
        if not hold_clock:
            self.breaker = t.new(t.clock, **settings)
            return
        made = t.start(t.objects[0], "", t.gate("clock"), **settings)
        self.settle(made)
        if made.outcome is None or made.outcome.error is not None or not isinstance(made.outcome.value, Ref):
            self._raise_bug(made.outcome)
            raise Failed(_("A breaker could not be made."))
        self.breaker = made.outcome.value

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, *exc: object) -> None:
        told = len(self.t.story.events)
        for lane in self._lanes:
            try:
                for _round in range(10):
                    if lane.held is None:
                        break
                    lane.resume(self.t.clock() if lane.held == "clock" else "ok")
            except SubjectLost:
                break
        del self.t.story.events[told:]

    # Calls

    def call(self, kind: Any = "ok", lasts_s: float = 0.0, send: Callable[[], Any] | None = None) -> Made:
        """One call whose request lasts so long and ends like `answer(kind)`, or is `send()`."""
        requests = []

        def request() -> Any:
            requests.append(self.t.subject.asks)
            if lasts_s:
                self.t.advance(lasts_s)
            return send() if send else answer(kind)

        lane = self.t.start(self.breaker, "call", request)
        if self.settle(lane) != "done":
            self._stuck()
        self._raise_bug(lane.outcome)
        return Made(lane.outcome, tuple(requests))

    def runs(self, kind: Any = "ok", why: str = "", **options: Any) -> Made:
        """A call that must go through; `why` says why."""
        made = self.call(kind, **options)
        if not made.ran:
            self._refused(made.outcome, why)
        return made

    def refused(self, why: str, kind: Any = "ok") -> Made:
        """A call that must be refused without a request; `why` says why."""
        made = self.call(kind)
        if made.ran:
            self._fail(N_("At {at} s the request was sent. The call should have been refused: {why}."), why=why)
        return made

    def fails(self, times: int, why: str) -> None:
        """Failing calls at one moment, all of which must go through; the story says it in one line."""
        told = len(self.t.story.events)
        for _failure in range(times):
            self.runs(503, why)
        self.sum_up(told, f"HTTPError(503) × {times}")

    def trip(self) -> int:
        """Open the breaker with failures at one moment; returns how many that took. The story says it in one line."""
        told = len(self.t.story.events)
        for failures in range(FAILURES_TRIED + 1):
            last = len(self.t.story.events)
            if self.call(503).ran:
                continue
            if failures == 0:
                self._fail(N_("At {at} s the first call was refused. A new breaker is CLOSED."))
            self.sum_up(told, _("{n} requests fail, and the next call is refused", n=failures))
            return failures
        self.sum_up(told, f"HTTPError(503) × {FAILURES_TRIED}", keep=last)
        self._fail(
            N_("At {at} s {n} requests in a row failed, and the next one was still sent. The breaker should be OPEN."),
            n=FAILURES_TRIED,
        )
        raise AssertionError

    def sum_up(self, told: int, text: str, keep: int | None = None) -> None:
        """Put one line in place of the story's events from number `told` to number `keep` (default: the end)."""
        events = self.t.story.events
        rest = events[keep:] if keep is not None else []
        del events[told:]
        self.t.note(text)
        events += rest

    def recovered(self, wait_s: float = LONG_S) -> None:
        """Let the recovery time pass, generously."""
        self.t.advance(wait_s)

    # Calls that are held

    def hold(self, why: str) -> Pending:
        """A call that must go through, and is held inside its request."""
        lane = self.t.start(self.breaker, "call", self.t.gate("request"))
        self._lanes.append(lane)
        status = self.settle(lane)
        if status == "blocked":
            self._stuck()
        if status == "done":
            self._raise_bug(lane.outcome)
            self._refused(lane.outcome, why)
        return lane

    def finish(self, lane: Pending, kind: Any = "ok") -> Made:
        """Let a held request end like `answer(kind)`."""
        self._release(lane, kind)
        if self.settle(lane) != "done":
            self._stuck()
        self._raise_bug(lane.outcome)
        return Made(lane.outcome, (0,))

    def to_the_clock(self, lane: Pending, kind: Any, reading: int) -> None:
        """Let a held request end, and hold the call at that reading of the clock afterwards, if it gets there."""
        status = self._sure(lane, self._release(lane, kind))
        for _reading in range(reading - 1):
            if status == "held":
                status = self._sure(lane, lane.resume(self.t.clock()))

    def start_at_the_clock(self) -> Pending:
        """Begin a call and leave it where it first stops: at the clock, in the request, or behind another call."""
        lane = self.t.start(self.breaker, "call", self.t.gate("request"))
        self._lanes.append(lane)
        self._sure(lane, lane.settle())
        return lane

    def let_go(self, lanes: Iterable[Pending]) -> None:
        """Wave calls through the clock, in this order, until each has ended or is inside its request."""
        left, rounds = list(lanes), self._rounds
        while left:
            # First those that wait for us: the others may be waiting for them.
            next_ones = [lane for lane in left if lane.held] or left
            ready = [lane for lane in next_ones if self._wave(lane, lane.settle()) != "blocked"]
            left = [lane for lane in left if lane not in ready]
            rounds -= not ready
            if rounds == 0:
                self._stuck()

    def settle(self, lane: Pending) -> str:
        """Wait for a call, waving it through the clock: "done", "held" in its request, or "blocked" for long."""
        status = self._wave(lane, lane.settle())
        for _round in range(self._rounds):
            if status != "blocked":
                break
            status = self._wave(lane, lane.settle())
        return status

    def _sure(self, lane: Pending, status: str) -> str:
        """Blocked, or slow because the machine is busy? Calls that need no lock come and go in other threads first."""
        if status != "blocked":
            return status
        told = len(self.t.story.events)
        for _call in range(PINGS):
            self.t.value(self.t.objects[0])
        del self.t.story.events[told:]
        return "done" if lane.outcome else "held" if lane.held else "blocked"

    def _wave(self, lane: Pending, status: str) -> str:
        while status == "held" and lane.held == "clock":
            status = lane.resume(self.t.clock())
        return status

    @staticmethod
    def _release(lane: Pending, kind: Any) -> str:
        try:
            value = answer(kind)
        except Exception as error:
            return lane.fail(error)
        return lane.resume(value)

    # Words

    def _fail(self, message: str, **values: Any) -> None:
        self.t.fail(_(message, at=f"{self.t.clock():g}", **values))

    def _refused(self, outcome: Outcome, why: str) -> None:
        self._fail(
            N_("At {at} s no request was sent; the call ended with {how}. It should have gone through: {why}."),
            how=outcome,
            why=why,
        )

    def _stuck(self) -> None:
        self._fail(
            N_(
                "At {at} s the call neither went through nor was refused: it waits. No call may wait for another one's "
                "request."
            )
        )

    @staticmethod
    def _raise_bug(outcome: Outcome | None) -> None:
        error = outcome.error if outcome else None
        if error is None or error.raised_by is not None:
            return
        if error.is_a("NotImplementedError") or any(map(error.is_a, BUGS)):
            raise SubjectError(error)


def needed(t: Trial, **settings: Any) -> int:
    """How many failures at one moment this implementation takes to open; told only if it is not what it should be."""
    told = len(t.story.events)
    failures = Rig(t, **settings).trip()
    del t.story.events[told:]
    if failures != THRESHOLD:
        t.note(_("A breaker of this kind takes {n} failures at one moment to open.", n=failures))
    return failures


# CLOSED


def _make_answers(rng: random.Random) -> Schedule:
    values = [["returns", v] for v in (None, False, 0, "", [], {"balance": 100}, [1, [2, "x"]], 3.5, {})]
    errors = [["raises", kind] for kind in (*ANSWERS, *FAILURES)]
    return rng.sample([*rng.sample(values, 3), *rng.sample(errors, 3)], 6)


@register(
    "breaker.answers",
    title=N_("Rule 1: the request runs once; its result or its exception reaches the caller unchanged"),
    examples=[[["returns", {"balance": 100}]], [["returns", None], ["raises", 404], ["raises", 503]]],
    generate=_make_answers,
)
def answers(t: Trial, schedule: Schedule) -> None:
    rig = Rig(t)
    for step in schedule:
        _passed_on(rig, *step)
        t.advance(11)
    rig.trip()
    rig.recovered()
    _passed_on(rig, *(schedule[0] if schedule else ["returns", "ok"]))


def _passed_on(rig: Rig, how: str, what: Any) -> None:
    t = rig.t
    why = _("nothing has failed for long")
    made = rig.runs(what, why, send=(lambda: what) if how == "returns" else None)
    t.equal(len(made.requests), 1, _("How many times the request ran"))
    error = made.outcome.error
    if how == "returns":
        told = _("The request returned {value}, but the call raised {error}.", value=repr(what), error=error)
        t.expect(error is None, told)
        t.equal(made.outcome.value, what, _("The result of the call"))
        return
    t.expect(
        error is not None and error.raised_by == made.requests[0],
        _(
            "The request raised {what}. The same exception should reach the caller, but the call ended with {how}.",
            what=f"HTTPError({what})" if isinstance(what, int) else what,
            how=made.outcome,
        ),
    )


def _make_threshold(rng: random.Random) -> Schedule:
    return [rng.randint(0, 6) * 0.25 for _step in range(rng.randint(5, 6))]


@register(
    "breaker.threshold",
    title=N_("Rule 2: the fifth failure opens the breaker, the fourth does not"),
    examples=[[0, 1, 1, 1, 1, 1]],
    generate=_make_threshold,
)
def threshold(t: Trial, schedule: Schedule) -> None:
    """The schedule: waits in seconds, each followed by a failing request; together less than the window."""
    rig = Rig(t)
    failures = 0
    for wait_s in [*schedule, *[0] * THRESHOLD]:
        t.advance(wait_s)
        if failures >= THRESHOLD:
            rig.refused(_("{n} requests failed within {window} s", n=failures, window=f"{WINDOW_S:g}"), 503)
        else:
            rig.runs(503, _("the number of failures so far is {n}", n=failures))
            failures += 1
    rig.refused(_("{n} requests failed within {window} s", n=failures, window=f"{WINDOW_S:g}"))


def _make_window(rng: random.Random) -> Schedule:
    """A lone failure, a burst with a success in it, and two more when the lone one is old.

    The last five lie within ten seconds, though a ten of the clock begins between them, the first failure of all is
    more than ten seconds ago, and they are not in a row; the last but one makes five in all, but not in the window.
    """
    quarter = 0.25
    old = [[0, 503]] * rng.randint(0, 3)
    lone_s = rng.randint(0, 3) * quarter
    burst_s = rng.randint(26, 31) * quarter
    burst = [[burst_s - lone_s, 503], *[[quarter, 503]] * 2]
    burst.insert(rng.randint(1, 3), [0, "ok"])
    gap_s = rng.randint(44, 47) * quarter - burst_s - 2 * quarter
    return [*old, [20, "ok"], [lone_s, 503], *burst, [gap_s, 503], [quarter, 503]]


@register(
    "breaker.window",
    title=N_("Rule 2: failures count while they are less than 10 s old, whatever lies between them"),
    examples=[
        [[0, 503], [1, 503], [1, 503], [1, 503], [9, 503], [0, "ok"]],
        [[1, 503], [1, "ok"], [1, 503], [1, "ok"], [1, 503], [1, "ok"], [1, 503], [1, "ok"], [1, 503], [1, "ok"]],
    ],
    generate=_make_window,
)
def window(t: Trial, schedule: Schedule) -> None:
    """The schedule: [wait in seconds, how the request ends]. It goes on until the breaker must be open."""
    limit = needed(t)
    rig = Rig(t)
    failed_at: list[float] = []
    for wait_s, kind in [*schedule, *[[0, 503]] * limit]:
        t.advance(wait_s)
        while any(t.clock() - at == WINDOW_S for at in failed_at):
            t.advance(0.25)  # the edge itself is another check
        failed_at = [at for at in failed_at if t.clock() - at < WINDOW_S]
        why = _("in the last 10 s requests failed at {times} s", times=_times(failed_at))
        rig.runs(kind, why if failed_at else _("in the last 10 s no request failed"))
        if kind != "ok":
            failed_at.append(t.clock())
        if len(failed_at) >= limit:
            break
    rig.refused(_("within 10 s requests failed at {times} s", times=_times(failed_at)))


def _times(moments: list[float]) -> str:
    return ", ".join(f"{at:g}" for at in moments)


@register(
    "breaker.window_edge",
    title=N_("Rule 2: a failure that is exactly 10 s old no longer counts"),
    examples=[[10.0], [9.75]],
    generate=lambda rng: [rng.choice([10.0, 10.0, 9.75, 9.5]), 10.0],
)
def window_edge(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each age a new breaker, all failures but one at one moment, the last one that much later."""
    limit = needed(t)
    for age_s in [*schedule, 9.75]:
        rig = Rig(t)
        rig.fails(limit - 1, _("so far too few requests failed"))
        t.advance(age_s)
        rig.runs(503, _("so far too few requests failed"))
        if age_s >= WINDOW_S:
            rig.runs("ok", _("the other failures are exactly {age} s old and no longer count", age=f"{age_s:g}"))
        else:
            rig.refused(_("the other failures are {age} s old and still count", age=f"{age_s:g}"))


def _make_ends(rng: random.Random) -> Schedule:
    return [[rng.choice([4.0, 5.5, 8.0, 9.5, 12.0, 30.0]), rng.choice([7.0, 8.5, 9.5])] for _round in range(2)]


@register(
    "breaker.ends",
    title=N_("Rule 2: the moment of a failure is the end of its request"),
    examples=[[[9.0, 8.0]]],
    generate=_make_ends,
)
def ends(t: Trial, schedule: Schedule) -> None:
    """The schedule: [how long the first request lasts before it fails, how long after its end the others fail]."""
    limit = needed(t)
    for lasts_s, gap_s in [*schedule, [0, 0]]:
        rig = Rig(t)
        rig.runs(503, _("a new breaker is CLOSED"), lasts_s=lasts_s)
        ended_s = t.clock()
        t.advance(gap_s)
        rig.fails(limit - 1, _("so far too few requests failed"))
        rig.refused(
            _(
                "{n} requests failed within 10 s; the first of them failed at {end} s, when it ended, not at {start} s",
                n=limit,
                end=f"{ended_s:g}",
                start=f"{ended_s - lasts_s:g}",
            )
        )


def _make_failures(rng: random.Random) -> Schedule:
    kinds = [*rng.sample(STATUSES_4XX, 2), *rng.sample(STATUSES_5XX, 2), rng.choice(BROKEN), rng.choice(OTHERS)]
    return rng.sample([*kinds, "TimeoutError"], 7)


@register(
    "breaker.failures",
    title=N_("Rule 3: 5xx, broken connections and timeouts are failures; 4xx and all other exceptions are answers"),
    examples=[[500, "ConnectionResetError", "TimeoutError", 404, "ValueError"]],
    generate=_make_failures,
)
def failures(t: Trial, schedule: Schedule) -> None:
    """The schedule: ways in which a request can end. Each is tried on a new breaker, and an answer as a probe too."""
    for kind in schedule:
        rig = Rig(t)
        told = len(t.story.events)
        ran = 0
        while ran < FAILURES_TRIED and rig.call(kind).ran:
            ran += 1
        name = f"HTTPError({kind})" if isinstance(kind, int) else kind
        rig.sum_up(told, f"{name} × {ran}")
        if kind in FAILURES:
            told = _(
                "After {n} times {kind} the breaker still lets calls through. That is a failure.", n=ran, kind=name
            )
            t.expect(0 < ran < FAILURES_TRIED, told)
        else:
            told = _("After {n} times {kind} the breaker refused a call. That is an answer.", n=ran, kind=name)
            t.expect(ran == FAILURES_TRIED, told)
    rig = Rig(t)
    rig.trip()
    for kind in (k for k in schedule if k in ANSWERS):
        rig.recovered()
        rig.runs(kind, _("it is a probe"))
        why = _("the probe was answered with {kind}, and that closes the breaker", kind=kind)
        rig.runs(503, why)
        rig.runs("ok", why)
        rig.trip()


# OPEN


@register(
    "breaker.open",
    title=N_("Rule 4: while OPEN a call raises CircuitOpenError at once, and its request does not run"),
    examples=[[0, 10], [0, 1, 1, 20]],
    generate=lambda rng: [rng.randint(0, 9) * 0.5 for _wait in range(rng.randint(2, 5))],
)
def open_(t: Trial, schedule: Schedule) -> None:
    """The schedule: waits in seconds, each followed by a call; together less than the recovery time."""
    rig = Rig(t)
    rig.trip()
    for wait_s in [*schedule, 0]:
        t.advance(wait_s)
        _refused_properly(rig, _("the breaker is OPEN"))


def _refused_properly(rig: Rig, why: str) -> Outcome:
    outcome = rig.refused(why).outcome
    right = outcome.error is not None and outcome.error.is_a("CircuitOpenError")
    rig.t.expect(
        right,
        _(
            "At {at} s the call should have raised CircuitOpenError: {why}. It ended with {how}.",
            at=f"{rig.t.clock():g}",
            why=why,
            how=outcome,
        ),
    )
    return outcome


@register(
    "breaker.retry_after",
    title=N_("Rule 4: retry_after_s says in how many seconds a probe may go"),
    examples=[[0, 10, 15]],
    generate=lambda rng: [rng.randint(0, 12) * 0.5 for _wait in range(rng.randint(2, 4))],
)
def retry_after(t: Trial, schedule: Schedule) -> None:
    """The schedule: as in `breaker.open`."""
    rig = Rig(t)
    rig.trip()
    left_s = RECOVERY_S
    for wait_s in [*schedule, 0]:
        t.advance(wait_s)
        left_s -= wait_s
        outcome = _refused_properly(rig, _("the breaker is OPEN"))
        told = outcome.error.attrs.get("retry_after_s") if outcome.error else None
        number = type(told) in (int, float)
        near = number and abs(told - left_s) < 1e-6
        at = f"{t.clock():g}"
        t.expect(
            near,
            _(
                "At {at} s: retry_after_s should be {expected}, it is {got}.",
                at=at,
                expected=f"{left_s:g}",
                got=f"{told:g}" if number else told,
            ),
        )


def _make_recovery(rng: random.Random) -> Schedule:
    refused = [rng.randint(1, 119) * 0.25 for _call in range(rng.randint(0, 3))]
    return [*sorted([*refused, rng.randint(80, 119) * 0.25]), 30 + rng.randint(1, 40) * 0.25]


@register(
    "breaker.recovery",
    title=N_("Rule 5: 30 s after it opened a call goes through again, however often calls were refused meanwhile"),
    examples=[[29, 31], [5, 10, 15, 20, 25, 31]],
    generate=_make_recovery,
)
def recovery(t: Trial, schedule: Schedule) -> None:
    """The schedule: how long after the opening calls come. The first one after the recovery time must go through."""
    rig = Rig(t)
    rig.trip()
    opened_s = t.clock()
    for after_s in [*schedule, RECOVERY_S + 1]:
        t.advance(opened_s + after_s - t.clock())
        since = _("the breaker opened {after} s ago", after=f"{after_s:g}")
        if after_s > RECOVERY_S:
            rig.runs("ok", since)
            return
        rig.refused(since)


@register(
    "breaker.recovery_edge",
    title=N_("Rule 5: exactly 30 s after it opened is late enough"),
    examples=[[0]],
    generate=lambda rng: [rng.randint(0, 400) * 0.25, rng.randint(0, 4000) * 0.25],
)
def recovery_edge(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each wait in seconds a new breaker, which opens after it."""
    for wait_s in [*schedule, 0]:
        t.advance(wait_s)
        rig = Rig(t)
        rig.trip()
        t.advance(RECOVERY_S)
        rig.runs("ok", _("the breaker opened exactly 30 s ago"))


@register(
    "breaker.state",
    title=N_("Rule 6: state is CLOSED, OPEN or HALF_OPEN, and reading it changes nothing"),
    examples=[[0, 29, 2]],
    generate=lambda rng: [rng.randint(0, 120) * 0.25 for _read in range(rng.randint(2, 5))],
)
def state(t: Trial, schedule: Schedule) -> None:
    """The schedule: waits in seconds while the breaker is open, each followed by a look at its state."""
    with Rig(t) as rig:

        def shows(expected: str, when: str) -> None:
            t.equal(t.get(rig.breaker, "state"), expected, _("state at {at} s, {when}", at=f"{t.clock():g}", when=when))

        shows("CLOSED", _("before the first call"))
        rig.trip()
        for wait_s in [0, *schedule, LONG_S]:
            t.advance(wait_s)
            shows("OPEN", _("while no call came since it opened"))
        probe = rig.hold(_("the breaker opened long ago"))
        shows("HALF_OPEN", _("while the probe is running"))
        rig.finish(probe)
        shows("CLOSED", _("after the probe succeeded"))


# HALF_OPEN


@register(
    "breaker.closes",
    title=N_("Rule 7: a successful probe closes the breaker, and all earlier failures are forgotten"),
    examples=[[1, 0]],
    generate=lambda rng: [rng.randint(0, 8) * 0.25 for _failure in range(rng.randint(1, 3))],
)
def closes(t: Trial, schedule: Schedule) -> None:
    """The schedule: waits in seconds before the failures that follow the probe.

    The window is longer than the recovery time, else the failures from before the probe would be too old anyway.
    """
    settings = {"window_s": 120.0}
    limit = needed(t, **settings)
    rig = Rig(t, **settings)
    rig.trip()
    rig.recovered()
    rig.runs("ok", _("the breaker opened long ago"))
    for failed in range(limit):
        t.advance(schedule[failed] if failed < len(schedule) else 0)
        rig.runs(503, _("the number of failures since the probe closed the breaker is {n}", n=failed))
    rig.refused(_("the number of failures since the probe closed the breaker is {n}", n=limit))


def _make_reopens(rng: random.Random) -> Schedule:
    rounds = [[rng.randint(4, 80), rng.randint(0, 20), rng.randint(1, 119)] for _round in range(rng.randint(0, 2))]
    slow = [rng.randint(4, 80), rng.randint(44, 80), rng.randint(80, 119)]
    return [[quarters * 0.25 for quarters in times] for times in rng.sample([*rounds, slow], len(rounds) + 1)]


@register(
    "breaker.reopens",
    title=N_("Rule 8: a failed probe opens the breaker again, for the full 30 s, as often as it happens"),
    examples=[[[15, 0, 20]], [[1, 0, 29], [1, 10, 29]]],
    generate=_make_reopens,
)
def reopens(t: Trial, schedule: Schedule) -> None:
    """The schedule: [how long after the recovery time a probe begins, how long it lasts before it fails, how long
    after its end a call is still refused]."""
    rig = Rig(t)
    rig.trip()
    for late_s, lasts_s, later_s in schedule:
        rig.recovered(RECOVERY_S + late_s)
        rig.runs(503, _("the breaker opened more than 30 s ago"), lasts_s=lasts_s)
        for wait_s in (0, later_s):
            t.advance(wait_s)
            rig.refused(_("{wait} s ago a probe failed", wait=f"{wait_s:g}"))
    rig.recovered()
    rig.runs("ok", _("the breaker opened more than 30 s ago"))
    rig.runs("ok", _("the probe succeeded"))


@register(
    "breaker.probes",
    title=N_("Rule 9: at most probes_max probes run at once; further calls are refused at once"),
    examples=[[1], [2]],
    generate=lambda rng: [rng.choice([2, 3]), rng.choice([1, 4])],
)
def probes(t: Trial, schedule: Schedule) -> None:
    """The schedule: values of probes_max, each tried on a new breaker."""
    for probes_max in schedule or [1]:
        with Rig(t, probes_max=probes_max) as rig:
            rig.trip()
            rig.recovered()
            lanes = [
                rig.hold(_("{n} of {max} probes are running", n=running, max=probes_max))
                for running in range(probes_max)
            ]
            for _call in range(2):
                _refused_properly(rig, _("{n} of {max} probes are running", n=probes_max, max=probes_max))
            rig.finish(lanes[0])
            rig.runs("ok", _("a probe succeeded"))


# Several calls at once


@register(
    "breaker.unlocked",
    title=N_("Rule 10: a slow request makes no other call wait"),
    examples=[[1], [3]],
    generate=lambda rng: [rng.randint(1, 4)],
)
def unlocked(t: Trial, schedule: Schedule) -> None:
    """The schedule: how many requests are running while other calls come, each on a new breaker."""
    for slow in schedule or [1]:
        with Rig(t) as rig:
            lanes = [rig.hold(_("the breaker is CLOSED")) for _lane in range(slow)]
            rig.runs("ok", _("the breaker is CLOSED"))
            t.get(rig.breaker, "state")
            rig.trip()
            rig.refused(_("the breaker is OPEN"))
            rig.finish(lanes[-1])


def _make_late(rng: random.Random) -> Schedule:
    return [[name, rng.randint(20, 100) * 0.25] for name in rng.sample(sorted(LATE), len(LATE))]


@register(
    "breaker.late",
    title=N_("Rule 11: a result counts only in the period in which its call began; later it changes nothing"),
    examples=[[["failure while open", 20]], [["success while half-open", 5]], [["failures while closed again", 5]]],
    generate=_make_late,
)
def late(t: Trial, schedule: Schedule) -> None:
    """The schedule: [what comes late, seconds], each on a new breaker."""
    for name, wait_s in schedule:
        t.note(_(name))
        LATE[name](t, wait_s)
    rig = Rig(t)
    rig.trip()
    rig.recovered()
    rig.runs("ok", _("the breaker opened long ago"))


def _late_failure_while_open(t: Trial, wait_s: float) -> None:
    with Rig(t) as rig:
        slow = rig.hold(_("a new breaker is CLOSED"))
        rig.trip()
        t.advance(wait_s)
        rig.finish(slow, 503)
        t.advance(RECOVERY_S + 1 - wait_s)
        rig.runs("ok", _("the breaker opened 31 s ago, and the late failure prolongs nothing"))


def _late_success_while_open(t: Trial, wait_s: float) -> None:
    with Rig(t) as rig:
        slow = rig.hold(_("a new breaker is CLOSED"))
        rig.trip()
        t.advance(wait_s)
        t.equal(rig.finish(slow).outcome.value, "ok", _("The result of the call"))
        rig.refused(_("the breaker is OPEN, and the late success began before that"))


def _late_success_while_half_open(t: Trial, wait_s: float) -> None:
    with Rig(t) as rig:
        slow = rig.hold(_("a new breaker is CLOSED"))
        rig.trip()
        rig.recovered()
        probe = rig.hold(_("the breaker opened long ago"))
        t.advance(wait_s)
        rig.finish(slow)
        rig.refused(_("a probe is running, and the late success is none"))
        rig.finish(probe, 503)
        rig.refused(_("the probe failed"))


def _late_failure_while_half_open(t: Trial, wait_s: float) -> None:
    with Rig(t) as rig:
        slow = rig.hold(_("a new breaker is CLOSED"))
        rig.trip()
        rig.recovered()
        probe = rig.hold(_("the breaker opened long ago"))
        t.advance(wait_s)
        rig.finish(slow, 503)
        rig.refused(_("a probe is running, and the late failure is none"))
        rig.finish(probe)
        rig.runs("ok", _("the probe succeeded"))


def _late_failures_while_closed_again(t: Trial, wait_s: float) -> None:
    limit = needed(t)
    with Rig(t) as rig:
        slow = [rig.hold(_("a new breaker is CLOSED")) for _lane in range(limit)]
        rig.trip()
        rig.recovered()
        rig.runs("ok", _("the breaker opened long ago"))
        t.advance(wait_s)
        for lane in slow:
            rig.finish(lane, 503)
        rig.runs("ok", _("the late failures began before the breaker opened"))


def _late_probe_success(t: Trial, wait_s: float) -> None:
    with Rig(t, probes_max=2) as rig:
        rig.trip()
        rig.recovered()
        first, second = (rig.hold(_("fewer than 2 probes are running")) for _lane in range(2))
        rig.finish(first, 503)
        t.advance(wait_s)
        rig.finish(second)
        rig.refused(_("the first probe failed and opened the breaker; the second one came too late"))


LATE = {
    N_("failure while open"): _late_failure_while_open,
    N_("success while open"): _late_success_while_open,
    N_("success while half-open"): _late_success_while_half_open,
    N_("failure while half-open"): _late_failure_while_half_open,
    N_("failures while closed again"): _late_failures_while_closed_again,
    N_("the second probe's success"): _late_probe_success,
}


def _make_races(rng: random.Random) -> Schedule:
    return [[rng.randint(2, 3), rng.choice([1, 1, 1, 2]), rng.choice(["first", "last"])]]


@register(
    "breaker.races",
    title=N_("Rule 10: failures that end at the same moment in several threads all count"),
    examples=[[[2, 1, "first"]]],
    generate=_make_races,
    hidden=6,  # each wait for a blocked call takes real time
)
def races(t: Trial, schedule: Schedule) -> None:
    """The schedule: [threads, the reading of the clock at which each is held after its failure, who goes on first]."""
    limit = needed(t)
    for threads, reading, order in [*schedule, [1, 1, "first"]]:
        with Rig(t, hold_clock=True) as rig:
            at_once = min(threads, limit)
            rig.fails(limit - at_once, _("so far too few requests failed"))
            lanes = [rig.hold(_("so far too few requests failed")) for _lane in range(at_once)]
            for lane in lanes:
                rig.to_the_clock(lane, 503, reading)
            rig.let_go(lanes if order == "first" else lanes[::-1])
            rig.refused(_("{n} requests failed, {m} of them at the same moment", n=limit, m=at_once))


def _make_probe_race(rng: random.Random) -> Schedule:
    probes_max = rng.randint(1, 2)
    return [[probes_max + rng.randint(1, 2), probes_max, rng.choice(["first", "last"])]]


@register(
    "breaker.probe_race",
    title=N_("Rules 9 and 10: of several calls at the same moment no more than probes_max become probes"),
    examples=[[[2, 1, "first"]]],
    generate=_make_probe_race,
    hidden=6,  # each wait for a blocked call takes real time
)
def probe_race(t: Trial, schedule: Schedule) -> None:
    """The schedule: [threads, probes_max, who goes on first]. Each call is held at its first reading of the clock."""
    for threads, probes_max, order in [*schedule, [1, 1, "first"]]:
        with Rig(t, hold_clock=True, probes_max=probes_max) as rig:
            rig.trip()
            rig.recovered()
            lanes = [rig.start_at_the_clock() for _lane in range(threads)]
            rig.let_go(lanes if order == "first" else lanes[::-1])
            running = sum(lane.held == "request" for lane in lanes)
            t.equal(
                running,
                min(threads, probes_max),
                _("Requests sent by simultaneous calls ({n}), with probes_max={max}", n=threads, max=probes_max),
            )


# The whole


def _make_settings(rng: random.Random) -> Schedule:
    return [[rng.randint(2, 8), rng.choice([20.0, 40.0, 100.0]), rng.choice([60.0, 90.0, 300.0])]]


@register(
    "breaker.settings",
    title=N_("Rule 12: each breaker keeps to its own settings and its own state"),
    examples=[[[3, 40.0, 90.0]]],
    generate=_make_settings,
)
def settings(t: Trial, schedule: Schedule) -> None:
    """The schedule: [failure_threshold, window_s, recovery_time_s]."""
    usual = needed(t)
    for threshold, window_s, recovery_s in [*schedule, [4, 20.0, 60.0]]:
        other = Rig(t)
        own = {"failure_threshold": threshold, "window_s": window_s, "recovery_time_s": recovery_s}
        rig = Rig(t, **own)
        limit = rig.trip()
        t.equal(limit - usual + THRESHOLD, threshold, _("Failures to open it, with failure_threshold={n}", n=threshold))
        other.runs("ok", _("it is another breaker that is open"))
        t.advance(recovery_s * 0.75)
        rig.refused(_("recovery_time_s={s}, and it opened {t} s ago", s=f"{recovery_s:g}", t=f"{recovery_s * 0.75:g}"))
        rig = Rig(t, **own)
        rig.fails(limit - 1, _("so far too few requests failed"))
        t.advance(window_s * 0.75)
        rig.runs(503, _("so far too few requests failed"))
        rig.refused(_("{n} requests failed within window_s={s}", n=limit, s=f"{window_s:g}"))


def _make_http(rng: random.Random) -> Schedule:
    steps = [200, 404, 500, 503, "reset"]
    return [*(rng.choice(steps) for _request in range(rng.randint(3, 8))), *rng.sample(["hang", 404, 200], 2)]


@register(
    "breaker.http",
    title=N_("All rules: against a real HTTP server that fails on command"),
    examples=[[200, 404, 500, 503, "reset", "hang", 200]],
    generate=_make_http,
    hidden=6,
)
def http(t: Trial, schedule: Schedule) -> None:
    """The schedule: what the server does with each request. The requests are real; the time is not."""
    limit = needed(t)
    rig = Rig(t)
    server = _server()
    failed = 0
    for step in [*schedule, *[503] * limit]:
        if failed >= limit:
            break
        server.plan.set([step], then="ok")
        rig.runs(why=_("the number of failures so far is {n}", n=failed), send=_get(t, server, step))
        failed += step not in (200, 404)
    server.plan.set([], then="ok")
    arrived = len(server.requests)
    rig.refused(_("the number of failures so far is {n}", n=failed))
    t.equal(len(server.requests), arrived, _("Requests that the server got"))
    rig.recovered()
    for why in (_("the breaker opened long ago"), _("the probe succeeded")):
        made = rig.runs(why=why, send=_get(t, server, 200))
        t.equal(made.outcome.value, 200, _("The result of the call"))


def _get(t: Trial, server: Any, step: Any) -> Callable[[], int]:
    def get() -> int:
        t.note(_("the server's part: {step}", step=step))
        return server.operation("/balance", timeout_s=HANG_S if step == "hang" else None)

    return get


@cache
def _server() -> Any:
    """One server for all trials of this process; it ends with it."""
    from faultlab.live.http_server import HTTPServer

    server = HTTPServer()
    server.start()
    return server
