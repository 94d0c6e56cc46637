"""The patterns together: what their order does, and how a system stays overloaded by itself.

`compose` stacks the patterns around a function of yours. The rest of the file is a simulation: clients with a stack
each, in front of a service that can be slow, down, or simply full.

The service
1. `workers` requests are worked on at once, for `service_s` on average (exponential); up to `queue` more wait in
   order; the rest is answered 503 at once.
2. It does not know when a client gave up: it works on, and the answer is for nobody (`wasted`). With `drops_abandoned`
   it skips, in its queue, what nobody waits for: that is what a deadline in the request is good for.
3. In an outage it refuses, and what it had when the outage began is reset. While it is slow, what it begins takes
   `factor` times as long.

The clients
4. Requests come at random (Poisson), evenly spread over `clients` processes; a herd is many requests at one moment.
   Every process has its own breaker, retry budget and bulkhead.
5. The patterns are stacked in any order, the outermost first. `timeout` inside `retry` limits each attempt, outside it
   the whole; `deadline` is a second timeout, so that a stack can have both.
6. Whoever gives up tells what is inside: a pending retry is not made, a place in the bulkhead is free again. A breaker
   inside a timeout thus never learns of the calls that hung: nothing ended, nothing is counted.

What to see
- Breaker outside retry counts failed requests, after all their attempts; retry outside breaker counts failed attempts.
  The former opens later, lets the requests under way make all their attempts, and does not see what retries mend; the
  latter opens after a few calls, also when the retries would have been enough.
- Retries multiply the load just when it is too much. Once the queue is longer than the clients' patience every answer
  comes too late, every late answer is another retry, and the overload outlives its cause: a metastable failure. Fewer
  retries (a budget, a breaker) end it. Jitter does not: it moves the retries and removes none. A service that drops
  what nobody waits for answers some again, but the retries keep it full.
- Jitter is the cure for the herd: it spreads what would come back together, so that the service is busy in between.

Sources: N. Bronson et al., Metastable Failures in Distributed Systems (HotOS 2021); Site Reliability Engineering
(2016), ch. 21 and 22. Retry outside breaker is the default order of resilience4j and of .NET's standard resilience
handler.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from faultlab.errors import BulkheadFullError, CircuitOpenError, HTTPError
from faultlab.models.breaker import OPEN, BreakerConfig, CircuitBreaker
from faultlab.models.retry import Exponential, Fixed, FullJitter, Retry, RetryBudget, RetryPolicy
from faultlab.sim import Loop, stream

# Around a function of yours


class Pattern(Protocol):
    """A breaker, a retry, a bulkhead, a timeout: anything that calls an operation in its own way."""

    def call(self, operation: Callable[[], Any]) -> Any: ...


class Timeout:
    """Turns an operation that took longer than `limit_s` into a TimeoutError.

    It notices afterwards: a thread cannot be stopped from outside. A limit that really ends the wait belongs into the
    operation, as the timeout of its socket; this one makes the patterns around it treat slow as failed.
    """

    def __init__(self, clock: Callable[[], float], limit_s: float) -> None:
        self._clock = clock
        self._limit_s = limit_s

    def call(self, operation: Callable[[], Any]) -> Any:
        started_s = self._clock()
        value = operation()
        if self._clock() - started_s > self._limit_s:
            raise TimeoutError(f"took longer than {self._limit_s:g} s")
        return value


def compose(order: Sequence[str], patterns: Mapping[str, Pattern], operation: Callable[[], Any]) -> Callable[[], Any]:
    """`operation` with the patterns of `order` around it, the outermost first.

        compose(["retry", "breaker"], {"retry": retry, "breaker": breaker}, fetch)()  # retry.call(breaker.call(fetch))

    ValueError for a name that is unknown or comes twice.
    """
    _check_order(order, patterns)
    for name in reversed(order):
        operation = _around(patterns[name], operation)
    return operation


def _around(pattern: Pattern, operation: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: pattern.call(operation)


def _check_order(order: Sequence[str], known: Mapping[str, Any] | Sequence[str]) -> None:
    for name in order:
        if name not in known:
            raise ValueError(f"{name!r} is none of {', '.join(known)}")
    if len(set(order)) < len(order):
        raise ValueError("a pattern stands twice in the order")


# What is simulated


@dataclass(frozen=True)
class ServiceModel:
    """The service.

    `outages`: (from_s, to_s); `slow`: (from_s, to_s, factor); `failure_share` of its answers are 500.
    """

    workers: int = 4
    service_s: float = 0.2
    queue: int = 60
    outages: tuple[tuple[float, float], ...] = ()
    slow: tuple[tuple[float, float, float], ...] = ()
    failure_share: float = 0.0
    drops_abandoned: bool = False

    @property
    def capacity_per_s(self) -> float:
        return self.workers / self.service_s


@dataclass(frozen=True)
class Workload:
    """What the users want: `rate_per_s` in all, and herds (at_s, requests)."""

    rate_per_s: float = 14.0
    duration_s: float = 60.0
    clients: int = 10
    herds: tuple[tuple[float, int], ...] = ()


def _four_attempts() -> RetryPolicy:
    return RetryPolicy(4, Fixed(0.5), idempotent=True)


@dataclass(frozen=True)
class Patterns:
    """How each pattern is set, for those that stand in the order. `budget_ratio` None: retries without a budget."""

    timeout_s: float = 1.0
    deadline_s: float = 5.0
    retry: RetryPolicy = field(default_factory=_four_attempts)
    budget_ratio: float | None = None
    breaker: BreakerConfig = field(default_factory=lambda: BreakerConfig(recovery_time_s=5.0))
    slots: int = 10
    slots_queue: int = 0


PATTERN_NAMES = ("deadline", "retry", "breaker", "bulkhead", "timeout")


@dataclass
class Timeline:
    """A run, second by second (bins of `bin_s`).

    `demand`: requests of users; `sent`: attempts that reached the service, `retries` of which were not the first of
    their request; `good` and `failed`: requests that ended so; `refused`: calls that a breaker stopped; `full`: calls
    that a bulkhead stopped; `wasted`: work finished for nobody; `queue`: its length at the end of the bin;
    `open_share`: the part of the breakers that was open then.
    `changes`: (at_s, client, old, new) of all breakers. `failures`: (at_s, client) of those that breakers counted.
    """

    bin_s: float
    demand: list[int]
    sent: list[int]
    retries: list[int]
    good: list[int]
    failed: list[int]
    refused: list[int]
    full: list[int]
    wasted: list[int]
    queue: list[int]
    open_share: list[float]
    changes: list[tuple[float, int, str, str]] = field(default_factory=list)
    failures: list[tuple[float, int]] = field(default_factory=list)
    sent_until_open: int | None = None
    latencies_s: list[float] = field(default_factory=list)

    def load_factor(self, from_s: float = 0.0, to_s: float = float("inf")) -> float:
        """Attempts sent for each request wanted, in the bins from `from_s` to `to_s`."""
        return self.total("sent", from_s, to_s) / max(1, self.total("demand", from_s, to_s))

    def good_share(self, from_s: float = 0.0, to_s: float = float("inf")) -> float:
        """Requests that ended well, as a share of those wanted in the same bins.

        Above 1 where a backlog is worked off.
        """
        return self.total("good", from_s, to_s) / max(1, self.total("demand", from_s, to_s))

    def total(self, series: str, from_s: float = 0.0, to_s: float = float("inf")) -> int:
        values = getattr(self, series)
        return sum(value for n, value in enumerate(values) if from_s <= n * self.bin_s < to_s)

    @property
    def counted(self) -> int:
        """How many failures the breakers counted."""
        return len(self.failures)

    @property
    def opened_at_s(self) -> float | None:
        """When the first breaker opened."""
        return next((at_s for at_s, _, _, new in self.changes if new == OPEN), None)

    def recovered_at_s(self, after_s: float, share: float = 0.9) -> float | None:
        """From when on at least `share` of the requests that end do so well, after `after_s`; None if that never comes.

        Over five bins at a time, because the demand is random. Nothing that ends is no recovery either.
        """
        recovered_s: float | None = None
        for n in range(int(after_s / self.bin_s), len(self.demand)):
            window = slice(max(0, n - 4), n + 1)
            good, failed = sum(self.good[window]), sum(self.failed[window])
            if good < share * (good + failed) or not good:
                recovered_s = None
            elif recovered_s is None:
                recovered_s = n * self.bin_s
        return recovered_s


# The simulation. A `Send` starts a call and answers later through the callback it was given, with None or an error; it
# returns a function that tells it that nobody waits any more. A pattern makes a Send out of a Send, so any order is a
# composition of functions. The number that goes along is that of the attempt, from 1.

Done = Callable[["Exception | None"], None]
Abandon = Callable[[], None]
Send = Callable[[Done, int], Abandon]

REFUSAL_S = 0.001  # a refusal takes a round trip, no work


def _nothing() -> None:
    """Nobody is there to be told."""


class _Call:
    """A request inside the service."""

    __slots__ = ("abandoned", "done")

    def __init__(self, done: Done) -> None:
        self.done = done
        self.abandoned = False

    def abandon(self) -> None:
        self.abandoned = True


class _Service:
    """Rules 1 to 3."""

    def __init__(self, loop: Loop, model: ServiceModel, seed: int, world: _World) -> None:
        self._loop = loop
        self._model = model
        self._world = world
        self._times = stream(seed, "service", "times")
        self._fates = stream(seed, "service", "fates")
        self._running: dict[_Call, int] = {}
        self.queue: deque[_Call] = deque()
        self._down = False
        for start_s, end_s in model.outages:
            loop.at(start_s, self._go_down)
            loop.at(end_s, self._come_up)

    def send(self, done: Done, attempt: int) -> Abandon:
        self._world.count("sent")
        if attempt > 1:
            self._world.count("retries")
        call = _Call(done)
        if self._down:
            self._loop.after(REFUSAL_S, self._answer, call, ConnectionRefusedError())
        elif len(self._running) < self._model.workers:
            self._start(call)
        elif len(self.queue) < self._model.queue:
            self.queue.append(call)
        else:
            self._loop.after(REFUSAL_S, self._answer, call, HTTPError(503))
        return call.abandon

    def _start(self, call: _Call) -> None:
        now_s = self._loop.now_s
        factor = max([by for start_s, end_s, by in self._model.slow if start_s <= now_s < end_s], default=1.0)
        time_s = self._times.expovariate(1 / self._model.service_s) * factor
        self._running[call] = self._loop.after(time_s, self._finish, call)

    def _finish(self, call: _Call) -> None:
        del self._running[call]
        if call.abandoned:
            self._world.count("wasted")
        failed = self._model.failure_share and self._fates.random() < self._model.failure_share
        self._answer(call, HTTPError(500) if failed else None)
        while self.queue and len(self._running) < self._model.workers:
            waiting = self.queue.popleft()
            if not (waiting.abandoned and self._model.drops_abandoned):
                self._start(waiting)

    @staticmethod
    def _answer(call: _Call, error: Exception | None) -> None:
        if not call.abandoned:
            call.done(error)

    def _go_down(self) -> None:
        self._down = True
        for number in self._running.values():
            self._loop.cancel(number)
        lost = [*self._running, *self.queue]
        self._running.clear()
        self.queue.clear()
        for call in lost:
            self._answer(call, ConnectionResetError())

    def _come_up(self) -> None:
        self._down = False


def _with_timeout(loop: Loop, limit_s: float, inner: Send) -> Send:
    def send(done: Done, attempt: int) -> Abandon:
        timer: int | None = None

        def answer(error: Exception | None) -> None:
            if timer is not None:
                loop.cancel(timer)
            done(error)

        def give_up() -> None:
            abandon_inner()
            done(TimeoutError())

        def abandon() -> None:
            loop.cancel(timer)
            abandon_inner()

        timer = loop.after(limit_s, give_up)
        abandon_inner = inner(answer, attempt)
        return abandon

    return send


def _with_retry(loop: Loop, retry: Retry, inner: Send) -> Send:
    def send(done: Done, _attempt: int) -> Abandon:
        started_s = retry.begin()
        attempt, previous_s = 0, None
        timer: int | None = None
        abandon_inner: Abandon = _nothing

        def try_once() -> None:
            nonlocal attempt, timer, abandon_inner
            attempt, timer = attempt + 1, None
            abandon_inner = inner(answer, attempt)

        def answer(error: Exception | None) -> None:
            nonlocal previous_s, timer
            wait_s = None if error is None else retry.wait_after(attempt, error, previous_s, started_s)
            if wait_s is None:
                done(error)
            else:
                previous_s, timer = wait_s, loop.after(wait_s, try_once)

        def abandon() -> None:
            if timer is not None:
                loop.cancel(timer)
            else:
                abandon_inner()

        try_once()
        return abandon

    return send


def _with_breaker(breaker: CircuitBreaker, client: int, world: _World, inner: Send) -> Send:
    def send(done: Done, attempt: int) -> Abandon:
        try:
            permit = breaker.acquire()
        except CircuitOpenError as refusal:
            world.count("refused")
            done(refusal)
            return _nothing

        def answer(error: Exception | None) -> None:
            if permit.record(error):
                world.timeline.failures.append((world.loop.now_s, client))
            done(error)

        def abandon() -> None:
            permit.cancel()  # rule 6
            abandon_inner()

        abandon_inner = inner(answer, attempt)
        return abandon

    return send


def _with_bulkhead(loop: Loop, slots: int, queue: int, world: _World, inner: Send) -> Send:
    in_use = 0
    waiting: deque[tuple[Done, int, list[Abandon]]] = deque()

    def begin(done: Done, attempt: int, handle: list[Abandon]) -> None:
        def answer(error: Exception | None) -> None:
            release()
            done(error)

        def abandon() -> None:
            release()
            abandon_inner()

        handle[:] = [abandon]
        abandon_inner = inner(answer, attempt)

    def release() -> None:
        nonlocal in_use
        if not waiting:
            in_use -= 1
            return
        entry = waiting.popleft()
        turn = loop.after(0.0, begin, *entry)  # not from here: a queue of refusals would be a deep recursion

        def abandon_turn() -> None:
            loop.cancel(turn)
            release()

        entry[2][:] = [abandon_turn]  # whoever gives up at the very moment of its turn hands the place on

    def send(done: Done, attempt: int) -> Abandon:
        nonlocal in_use
        handle: list[Abandon] = []
        if in_use < slots:
            in_use += 1
            begin(done, attempt, handle)
        elif len(waiting) < queue:
            entry = (done, attempt, handle)
            handle.append(lambda: waiting.remove(entry))
            waiting.append(entry)
        else:
            world.count("full")
            done(BulkheadFullError("client"))
            return _nothing
        return lambda: handle[0]()

    return send


class _World:
    """Everything of one run."""

    def __init__(
        self,
        order: Sequence[str],
        patterns: Patterns,
        service: ServiceModel,
        workload: Workload,
        seed: int,
        bin_s: float,
    ) -> None:
        self.loop = Loop()
        self.workload = workload
        self.seed = seed
        self.bins = max(1, round(workload.duration_s / bin_s))
        series = [[0] * self.bins for _ in range(9)]
        self.timeline = Timeline(bin_s, *series, open_share=[0.0] * self.bins)
        self.breakers: list[CircuitBreaker] = []
        self.service = _Service(self.loop, service, seed, self)
        self.stacks = [self._stack(order, patterns, client) for client in range(workload.clients)]

    def count(self, series: str) -> None:
        getattr(self.timeline, series)[min(self.bins - 1, int(self.loop.now_s / self.timeline.bin_s))] += 1

    def _stack(self, order: Sequence[str], patterns: Patterns, client: int) -> Send:
        """Rule 5, from the inside out."""
        send: Send = self.service.send
        for name in reversed(order):
            send = self._layer(name, patterns, client, send)
        return send

    def _layer(self, name: str, patterns: Patterns, client: int, inner: Send) -> Send:
        if name == "timeout":
            return _with_timeout(self.loop, patterns.timeout_s, inner)
        if name == "deadline":
            return _with_timeout(self.loop, patterns.deadline_s, inner)
        if name == "bulkhead":
            return _with_bulkhead(self.loop, patterns.slots, patterns.slots_queue, self, inner)
        if name == "retry":
            budget = None if patterns.budget_ratio is None else RetryBudget(patterns.budget_ratio)
            rng = stream(self.seed, "client", client, "waits")
            return _with_retry(self.loop, Retry(patterns.retry, self.loop.clock, _never_sleeps, rng, budget), inner)
        breaker = CircuitBreaker(self.loop.clock, patterns.breaker, listeners=[self._listener(client)])
        self.breakers.append(breaker)
        return _with_breaker(breaker, client, self, inner)

    def _listener(self, client: int) -> Callable[[str, str, float], None]:
        def changed(old: str, new: str, at_s: float) -> None:
            self.timeline.changes.append((at_s, client, old, new))
            if new == OPEN and self.timeline.sent_until_open is None:
                self.timeline.sent_until_open = sum(self.timeline.sent)

        return changed

    def run(self) -> Timeline:
        chance = stream(self.seed, "arrivals")
        if self.workload.rate_per_s > 0:
            self.loop.after(chance.expovariate(self.workload.rate_per_s), self._arrive, chance)
        for at_s, requests in self.workload.herds:
            self.loop.at(at_s, self._stampede, requests)
        for number in range(self.bins):
            self.loop.at((number + 1) * self.timeline.bin_s, self._look, number)
        self.loop.run(self.workload.duration_s)
        return self.timeline

    def _arrive(self, chance: Any) -> None:
        """Rule 4."""
        self._request(int(chance.random() * len(self.stacks)))
        self.loop.after(chance.expovariate(self.workload.rate_per_s), self._arrive, chance)

    def _stampede(self, requests: int) -> None:
        for number in range(requests):
            self._request(number % len(self.stacks))

    def _request(self, client: int) -> None:
        started_s = self.loop.now_s
        self.count("demand")

        def done(error: Exception | None) -> None:
            self.count("failed" if error else "good")
            if error is None:
                self.timeline.latencies_s.append(self.loop.now_s - started_s)

        self.stacks[client](done, 1)

    def _look(self, number: int) -> None:
        self.timeline.queue[number] = len(self.service.queue)
        if self.breakers:
            is_open = sum(breaker.state == OPEN for breaker in self.breakers)
            self.timeline.open_share[number] = is_open / len(self.breakers)


def _never_sleeps(duration_s: float) -> None:
    raise AssertionError("the loop waits, not the client")


def run(
    order: Sequence[str],
    patterns: Patterns | None = None,
    service: ServiceModel | None = None,
    workload: Workload | None = None,
    seed: int = 0,
    bin_s: float = 1.0,
) -> Timeline:
    """Simulate clients whose stack is `order`, the outermost first; the same seed brings the same requests to each.

    ValueError for a name that is not in PATTERN_NAMES or stands twice.
    """
    _check_order(order, PATTERN_NAMES)
    world = _World(order, patterns or Patterns(), service or ServiceModel(), workload or Workload(), seed, bin_s)
    return world.run()


# Scenarios


@dataclass(frozen=True)
class Case:
    """One thing to run: `case.run()`."""

    order: tuple[str, ...]
    patterns: Patterns = field(default_factory=Patterns)
    service: ServiceModel = field(default_factory=ServiceModel)
    workload: Workload = field(default_factory=Workload)

    def run(self, seed: int = 0, bin_s: float = 1.0) -> Timeline:
        return run(self.order, self.patterns, self.service, self.workload, seed, bin_s)


_SLOW_FOR_A_WHILE = ServiceModel(slow=((15.0, 25.0, 5.0),))


def overload() -> dict[str, Case]:
    """A service at 70 % of its capacity is slow for 10 s (15 s to 25 s). Which clients let it recover?"""
    jitter = Patterns(retry=RetryPolicy(4, FullJitter(0.5, 8.0), idempotent=True))
    return {
        "no retry": Case(("timeout",), service=_SLOW_FOR_A_WHILE),
        "retry": Case(("retry", "timeout"), service=_SLOW_FOR_A_WHILE),
        "jitter": Case(("retry", "timeout"), jitter, _SLOW_FOR_A_WHILE),
        "budget": Case(("retry", "timeout"), Patterns(budget_ratio=0.1), _SLOW_FOR_A_WHILE),
        "breaker": Case(("retry", "breaker", "timeout"), service=_SLOW_FOR_A_WHILE),
        "deadlines": Case(
            ("retry", "timeout"), service=ServiceModel(slow=_SLOW_FOR_A_WHILE.slow, drops_abandoned=True)
        ),
    }


def herd() -> dict[str, Case]:
    """200 requests at one moment, on top of a light load, and a short queue. Who gets through, and when?"""
    service, workload = ServiceModel(queue=10), Workload(rate_per_s=8.0, herds=((15.0, 200),))

    def case(delays: Any) -> Case:
        return Case(("retry",), Patterns(retry=RetryPolicy(8, delays, idempotent=True)), service, workload)

    return {"in step": case(Exponential(0.5, 8.0)), "full jitter": case(FullJitter(0.5, 8.0))}


def orders() -> dict[str, Case]:
    """Two orders, and two kinds of trouble: a service that is down at first, and one that fails three times in ten."""
    down, flaky = ServiceModel(outages=((0.0, 30.0),)), ServiceModel(failure_share=0.3)
    one_client = Workload(rate_per_s=10.0, clients=1)
    breaker_outside, retry_outside = ("breaker", "retry", "timeout"), ("retry", "breaker", "timeout")
    return {
        "down, breaker outside": Case(breaker_outside, service=down, workload=one_client),
        "down, retry outside": Case(retry_outside, service=down, workload=one_client),
        "flaky, breaker outside": Case(breaker_outside, service=flaky, workload=one_client),
        "flaky, retry outside": Case(retry_outside, service=flaky, workload=one_client),
    }
