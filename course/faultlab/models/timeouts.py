"""Timeouts: who waits how long for whom, who gives up first, and what a deadline that travels with the call mends.

Rules
1. A chain of levels is written in the order of who waits for whom: the first waits for the second, and so on down to
   the work. A level gives each attempt `timeout_s`, so it takes at most attempts * timeout_s + (attempts - 1) *
   backoff_s before it answers, well or not.
2. That a timeout is smaller than its caller's is necessary and not sufficient: what the inner level *takes* has to fit
   into the timeout of the outer one. Otherwise the outer gives up while the inner is still trying, and the rest of the
   work is for nobody.
3. Of two timeouts on one wait the shorter fires and the longer never does. A driver that reads its socket for 10 s
   around a statement that the database ends after 15 s fires first: the database works on for 5 s, holding locks and a
   connection. The statement's timeout has to be the shorter one, whatever its place in a list of layers.
4. Equal timeouts are a race: some room is needed for the way back.
5. A deadline is a moment for the whole call. Passed on as the time that remains (clocks of two machines do not agree
   on moments), it makes every level stop when nobody waits any more; no timeout has to be guessed from the place in
   the chain.
6. A timeout that is too short gives up on calls that would have been answered (false timeouts), one that is too long
   waits for the dead. The distribution of latencies decides, not the mean.

Left out: the time on the wire, which is part of what the lower level takes.

Sources: Site Reliability Engineering (2016), ch. 22, "Latency and Deadlines"; gRPC, "Deadlines"; J. Dean and L. A.
Barroso, The Tail at Scale (2013), for what rare slow calls do to a request that needs many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from faultlab.errors import DeadlineExceededError
from faultlab.sim import stream

# The chain


@dataclass(frozen=True)
class Level:
    """One that waits: `timeout_s` for each of `attempts`, with `backoff_s` between two."""

    name: str
    timeout_s: float
    attempts: int = 1
    backoff_s: float = 0.0

    def __post_init__(self) -> None:
        if not (self.timeout_s > 0 and self.attempts >= 1 and self.backoff_s >= 0):
            raise ValueError(f"{self.name}: timeout_s > 0, attempts >= 1 and backoff_s >= 0 are needed")

    @property
    def takes_s(self) -> float:
        """The longest that its caller may have to wait for its answer."""
        return self.attempts * self.timeout_s + (self.attempts - 1) * self.backoff_s


# Each timeout smaller than the one before it, as such lists are often written. In the order of who waits for whom the
# last two change places: the driver's socket waits for the database.
LISTED = (
    Level("client", 30),
    Level("balancer", 25),
    Level("application", 20),
    Level("socket", 10),
    Level("database", 15),
)
MENDED = (
    Level("client", 30),
    Level("balancer", 25),
    Level("application", 20),
    Level("socket", 15),
    Level("database", 10),
)

FITS, RACE, TOO_LONG, TOO_MANY_ATTEMPTS = "fits", "race", "too long", "too many attempts"


@dataclass(frozen=True)
class Finding:
    """One pair of neighbours.

    `kind`: FITS, RACE, TOO_LONG (a single attempt does not fit) or TOO_MANY_ATTEMPTS (one does, all together do not).
    `orphan_s`: how long the inner level may go on when the outer one has given up. `never_fires`: the inner level's
    name if its timeout cannot end a call that the outer level waits for.
    """

    kind: str
    outer: str
    inner: str
    outer_timeout_s: float
    inner_takes_s: float
    orphan_s: float
    never_fires: str | None


def analyse(chain: Sequence[Level]) -> list[Finding]:
    """Rules 2 to 4 for each pair of neighbours, from the outside in."""
    return [_compare(outer, inner) for outer, inner in pairwise(chain)]


def _compare(outer: Level, inner: Level) -> Finding:
    if inner.timeout_s > outer.timeout_s:
        kind = TOO_LONG
    elif inner.takes_s > outer.timeout_s:
        kind = TOO_MANY_ATTEMPTS
    elif inner.takes_s == outer.timeout_s:
        kind = RACE
    else:
        kind = FITS
    orphan_s = max(0.0, inner.takes_s - outer.timeout_s)
    never_fires = inner.name if kind == TOO_LONG else None
    return Finding(kind, outer.name, inner.name, outer.timeout_s, inner.takes_s, orphan_s, never_fires)


def first_to_fire(chain: Sequence[Level]) -> Level:
    """The level whose timeout fires first when the work at the bottom hangs; of equal ones the innermost."""
    return min(reversed(chain), key=lambda level: level.timeout_s)


# One call through the chain

ANSWERED, FAILED, TIMED_OUT = "answered", "failed", "timed out"


@dataclass
class Span:
    """One attempt of one level, waiting from `start_s` to `end_s`.

    From `orphan_from_s` on nobody waits for it (None: somebody does, to its end).
    `outcome`: ANSWERED, FAILED (the level below gave up first) or TIMED_OUT.
    """

    level: str
    depth: int
    attempt: int
    start_s: float
    end_s: float
    outcome: str
    orphan_from_s: float | None = None

    @property
    def orphan_s(self) -> float:
        return 0.0 if self.orphan_from_s is None else max(0.0, self.end_s - max(self.start_s, self.orphan_from_s))


@dataclass
class CallTree:
    """A call with all that it caused. `spans` in the order of their starts, callers before what they call."""

    spans: list[Span] = field(default_factory=list)
    answered: bool = False
    took_s: float = 0.0
    bottom: int = 0

    @property
    def work_s(self) -> float:
        """Seconds of work at the bottom."""
        return sum(span.end_s - span.start_s for span in self.spans if span.depth == self.bottom)

    @property
    def wasted_s(self) -> float:
        """Seconds of work at the bottom that nobody waited for."""
        return sum(span.orphan_s for span in self.spans if span.depth == self.bottom)


def call_tree(chain: Sequence[Level], work_s: float | Sequence[float] = math.inf, propagate: bool = False) -> CallTree:
    """One call from the top of `chain`, when the work at the bottom needs `work_s` seconds (infinity: it hangs).

    A sequence gives the need of the first, second, ... time that the work is begun; its last value holds from then on.
    With `propagate` the deadline of the outermost attempt travels along, and every level keeps to what remains of it.
    """
    needs_s = list(work_s) if isinstance(work_s, Sequence) else [work_s]
    tree = CallTree(bottom=len(chain) - 1)
    tree.took_s, tree.answered = _Descent(chain, needs_s, propagate, tree).call(0, 0.0, math.inf)
    tree.spans.sort(key=lambda span: (span.start_s, span.depth))
    return tree


class _Descent:
    """The recursion of `call_tree`: each level's attempts, one below the other."""

    def __init__(self, chain: Sequence[Level], needs_s: list[float], propagate: bool, tree: CallTree) -> None:
        self._chain = chain
        self._needs_s = needs_s
        self._propagate = propagate
        self._spans = tree.spans

    def call(self, depth: int, start_s: float, deadline_s: float) -> tuple[float, bool]:
        """All attempts of the level at `depth`: when it answers its caller, and whether well."""
        level, now_s = self._chain[depth], start_s
        for attempt in range(1, level.attempts + 1):
            from_s = now_s if attempt == 1 else now_s + level.backoff_s
            if self._propagate and from_s >= deadline_s:
                return deadline_s if attempt == 1 else now_s, False  # rule 5: no attempt that nobody will wait for
            now_s, answered = self._attempt(depth, attempt, from_s, deadline_s)
            if answered:
                return now_s, True
        return now_s, False

    def _attempt(self, depth: int, attempt: int, from_s: float, deadline_s: float) -> tuple[float, bool]:
        level = self._chain[depth]
        until_s = from_s + level.timeout_s
        if self._propagate:
            until_s = min(until_s, deadline_s)
        mark = len(self._spans)
        if depth == len(self._chain) - 1:
            done_s, well = from_s + self._next_need_s(), True
        else:
            done_s, well = self.call(depth + 1, from_s, until_s)
        if done_s > until_s:
            outcome = TIMED_OUT
            self._orphan(mark, until_s)
        else:
            outcome = ANSWERED if well else FAILED
        end_s = min(done_s, until_s)
        self._spans.append(Span(level.name, depth, attempt, from_s, end_s, outcome))
        return end_s, outcome == ANSWERED

    def _orphan(self, mark: int, from_s: float) -> None:
        """What was begun below and is still going on at `from_s` has lost its caller."""
        for span in self._spans[mark:]:
            if span.end_s > from_s:
                span.orphan_from_s = from_s if span.orphan_from_s is None else min(span.orphan_from_s, from_s)

    def _next_need_s(self) -> float:
        return self._needs_s.pop(0) if len(self._needs_s) > 1 else self._needs_s[0]


class Deadline:
    """The moment after which nobody waits for the answer. Pass it down instead of a timeout for each level.

        deadline = Deadline.after(clock, 2.0)
        reply = query(timeout_s=deadline.remaining_s())          # to a library that takes a timeout
        send(headers={"timeout": deadline.remaining_s()})        # to another machine: `Deadline.after` there
        part = deadline.child(0.5, reserve_s=0.1)                # for a step of ours, leaving time to answer

    It may not be longer than its parent, so a level cannot grant more time than it has.
    """

    __slots__ = ("_clock", "at_s")

    def __init__(self, clock: Callable[[], float], at_s: float) -> None:
        self._clock = clock
        self.at_s = at_s

    @classmethod
    def after(cls, clock: Callable[[], float], duration_s: float) -> Deadline:
        """The deadline `duration_s` seconds from now."""
        return cls(clock, clock() + duration_s)

    def remaining_s(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at_s - self._clock())

    @property
    def expired(self) -> bool:
        return self._clock() >= self.at_s

    def child(self, timeout_s: float | None = None, reserve_s: float = 0.0) -> Deadline:
        """The deadline for a part of the work: at most `timeout_s` from now, and `reserve_s` before this one."""
        latest_s = self.at_s - reserve_s
        return Deadline(self._clock, latest_s if timeout_s is None else min(latest_s, self._clock() + timeout_s))

    def check(self) -> None:
        """Raise DeadlineExceededError if it is over. Worth a line before each expensive step."""
        if self.expired:
            raise DeadlineExceededError()


# How long is long enough


@dataclass(frozen=True)
class Latency:
    """Answer times: log-normal around `median_s`, and for a `tail_share` of them `tail_s` more on average."""

    median_s: float = 0.1
    sigma: float = 0.5
    tail_share: float = 0.02
    tail_s: float = 2.0

    def samples(self, number: int = 2000, seed: int = 0) -> list[float]:
        """`number` answer times in seconds, sorted."""
        body, tail = stream(seed, "latency", "body"), stream(seed, "latency", "tail")
        mu = math.log(self.median_s)
        times_s = []
        for _ in range(number):
            slow = tail.random() < self.tail_share
            extra_s = tail.expovariate(1 / self.tail_s) if slow and self.tail_s else 0.0
            times_s.append(body.lognormvariate(mu, self.sigma) + extra_s)
        return sorted(times_s)


def false_timeout_share(samples_s: Sequence[float], timeout_s: float) -> float:
    """The share of calls that would have been answered, but later than `timeout_s`."""
    return sum(sample_s > timeout_s for sample_s in samples_s) / len(samples_s)


def timeout_for(samples_s: Sequence[float], false_share: float) -> float:
    """The shortest timeout among the samples that gives up on at most `false_share` of the calls (0: on none)."""
    ordered = sorted(samples_s)
    kept = math.ceil(len(ordered) * (1 - false_share) - 1e-9)
    return ordered[max(kept, 1) - 1]


def mean_wait_s(samples_s: Sequence[float], timeout_s: float, dead_share: float = 0.0) -> float:
    """The mean time that a caller spends on a call, when `dead_share` of all calls are never answered."""
    alive_s = sum(min(sample_s, timeout_s) for sample_s in samples_s) / len(samples_s)
    return (1 - dead_share) * alive_s + dead_share * timeout_s


def fan_out_share(slow_share: float, calls: int) -> float:
    """The share of requests that meet a slow call, if each makes `calls` calls of which `slow_share` are slow."""
    return 1 - (1 - slow_share) ** calls
