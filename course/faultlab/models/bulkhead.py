"""Bulkhead: each kind of work has its own threads, connections, processor time and memory.

One flooded compartment does not sink the ship.

Two things stand here: `Bulkhead`, which guards a piece of real code, and `simulate`, which puts a whole design through
a scenario.

The model
1. A request comes in as one of several classes (API, reports, ...), at random moments, and its class is routed to a
   pool.
2. It needs a thread of its pool. If none is free it waits in the pool's queue, first come first served; if the queue
   is full it is rejected at once.
3. It computes for `cpu_s` seconds of processor time, then waits for something else (a database) for about `wait_s`,
   and holds its thread all the while, hung or not.
4. Processor: the runnable requests of a pool share its `cpu_share` of the cores evenly, none faster than one core. A
   share is a quota (cgroup `cpu.max`): what its pool does not use stays unused.
5. Connections: the wait needs one of the pool's `connections`; if none is free the request waits for one, with its
   thread.
6. Memory: a request in work takes `memory_mb`. If that is more than the pool's limit, the pool is killed: what it had
   is lost, and it is back after `restart_s`. Pools without a limit, share or number of their own have together what
   the others leave of the machine, and are killed together.
7. The client gives up after `timeout_s`. The server does not know: a thread goes on with what nobody waits for. A
   request found expired in the queue is dropped there.
8. While a class hangs, whatever it asks of its database is answered only when the hang is over.

Left out: the cost of switching between threads, preemption, retries by the clients (see `stack.py`), work that is
stolen from other pools.

Sources: M. Nygard, Release It! (2nd ed. 2018), ch. 5 "Bulkheads"; A. K. Erlang's loss formula (1917), here as in any
textbook on queueing: it gives the share of rejected requests of a pool without a queue, whatever the distribution of
the service times.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from heapq import heapify, heappop, heappush
from typing import Any

from faultlab.errors import BulkheadFullError
from faultlab.sim import Loop, stream

SERVED, REJECTED, TIMED_OUT, LOST = "served", "rejected", "timed out", "lost"
OUTCOMES = (SERVED, REJECTED, TIMED_OUT, LOST)


class Bulkhead:
    """At most `slots` calls at once, at most `queue` more waiting in the order of arrival; the rest is refused.

    Thread-safe; who waits does so in their own thread. Do not guard with it what has no timeout of its own: a call that
    hangs keeps its slot.
    """

    def __init__(self, slots: int, queue: int = 0, name: str = "") -> None:
        if slots < 1 or queue < 0:
            raise ValueError("a bulkhead needs at least one slot and a queue of at least 0")
        self.slots, self.queue, self.name = slots, queue, name
        self._lock = threading.Lock()
        self._in_use = 0
        self._waiting: deque[threading.Event] = deque()

    @property
    def in_use(self) -> int:
        return self._in_use

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def call(self, operation: Callable[[], Any]) -> Any:
        """The result of `operation()`; BulkheadFullError if there is neither a slot nor a place in the queue."""
        with self.slot():
            return operation()

    @contextmanager
    def slot(self, wait_s_max: float | None = None) -> Iterator[None]:
        """Hold a slot for the duration of a `with`.

        BulkheadFullError also if none became free within `wait_s_max` seconds of real time.
        """
        self._acquire(wait_s_max)
        try:
            yield
        finally:
            self._release()

    def _acquire(self, wait_s_max: float | None) -> None:
        with self._lock:
            if self._in_use < self.slots:
                self._in_use += 1
                return
            if len(self._waiting) >= self.queue:
                raise BulkheadFullError(self.name)
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(wait_s_max):
            return
        with self._lock:
            if turn.is_set():  # handed over just as the patience ended: ours after all
                return
            self._waiting.remove(turn)
        raise BulkheadFullError(self.name)

    def _release(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()  # the slot goes from hand to hand, so nobody can overtake the queue
            else:
                self._in_use -= 1


# A design is data


@dataclass(frozen=True)
class PoolSpec:
    """One compartment. `cpu_share` is a part of all cores (0.25 of 4 cores is one); None means no limit of its own."""

    name: str
    threads: int
    queue: int = 0
    connections: int | None = None
    cpu_share: float | None = None
    memory_mb: float | None = None


@dataclass(frozen=True)
class Design:
    """Pools, and for each class of requests the name of the pool that serves it."""

    pools: tuple[PoolSpec, ...]
    routes: Mapping[str, str]

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Design:
        """A design from plain data, {"pools": [{"name": ..., "threads": ...}], "routes": {class: pool}}.

        ValueError names what is wrong.
        """
        if not isinstance(data, Mapping) or set(data) != {"pools", "routes"}:
            raise ValueError("a design is a dict with the keys 'pools' and 'routes'")
        if not isinstance(data["pools"], (list, tuple)) or not isinstance(data["routes"], Mapping):
            raise ValueError("'pools' is a list of dicts and 'routes' a dict")
        design = cls(tuple(_pool_from(entry) for entry in data["pools"]), dict(data["routes"]))
        names = [pool.name for pool in design.pools]
        if len(set(names)) < len(names):
            raise ValueError("two pools have the same name")
        for route, pool in design.routes.items():
            if pool not in names:
                raise ValueError(f"route {route!r} leads to {pool!r}, which is no pool")
        return design

    def pool_of(self, request_class: str) -> PoolSpec:
        """The pool that serves `request_class`; ValueError if nothing does."""
        name = self.routes.get(request_class)
        for pool in self.pools:
            if pool.name == name:
                return pool
        raise ValueError(f"no route for {request_class!r}")


# field: (least value, whether it must be a whole number, whether it may be left out)
_LIMITS = {
    "threads": (1, True, False),
    "queue": (0, True, True),
    "connections": (0, True, True),
    "cpu_share": (0.001, False, True),
    "memory_mb": (1, False, True),
}


def _pool_from(entry: Any) -> PoolSpec:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise ValueError("each pool is a dict with a 'name'")
    name = entry["name"]
    unknown = set(entry) - {f.name for f in fields(PoolSpec)}
    if unknown:
        raise ValueError(f"pool {name!r}: unknown key {sorted(unknown)[0]!r}")
    for key, (least, whole, optional) in _LIMITS.items():
        value = entry.get(key)
        if value is None and optional:
            continue
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not value >= least:
            raise ValueError(
                f"pool {name!r}: {key} is {value!r}; it must be {'a whole number' if whole else 'a number'} >= {least}"
            )
    return PoolSpec(**{key: value for key, value in entry.items() if value is not None})


@dataclass(frozen=True)
class Machine:
    """What there is to divide."""

    cores: float = 4.0
    memory_mb: float = 16_384.0
    connections: int = 100
    restart_s: float = 5.0

    def overcommitted(self, design: Design) -> dict[str, tuple[float, float]]:
        """What `design` promises more of than there is, as {field of PoolSpec: (promised, there)}."""
        available = {"cpu_share": 1.0, "memory_mb": self.memory_mb, "connections": self.connections}
        promised = {key: sum(getattr(pool, key) or 0 for pool in design.pools) for key in available}
        return {key: (promised[key], most) for key, most in available.items() if promised[key] > most + 1e-9}


@dataclass(frozen=True)
class RequestClass:
    """One kind of request. `surges` are (from_s, to_s, factor on the rate); `hangs` are (from_s, to_s) of its database.

    With `fixed_wait` every wait is `wait_s`; otherwise that is the mean of an exponential distribution.
    """

    name: str
    rate_per_s: float
    cpu_s: float = 0.002
    wait_s: float = 0.05
    memory_mb: float = 4.0
    timeout_s: float = 2.0
    hangs: tuple[tuple[float, float], ...] = ()
    surges: tuple[tuple[float, float, float], ...] = ()
    fixed_wait: bool = False


@dataclass(frozen=True)
class Scenario:
    """Requests of several classes for `duration_s` on one machine."""

    classes: tuple[RequestClass, ...]
    duration_s: float = 60.0
    machine: Machine = field(default_factory=Machine)


# What came of it


@dataclass
class ClassResult:
    """What became of one class; `latencies_s` of the served requests, sorted."""

    name: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    latencies_s: list[float] = field(default_factory=list)

    @property
    def arrived(self) -> int:
        return sum(self.counts.values())

    @property
    def served(self) -> int:
        return self.counts[SERVED]

    @property
    def rejected(self) -> int:
        return self.counts[REJECTED]

    @property
    def timed_out(self) -> int:
        return self.counts[TIMED_OUT]

    @property
    def lost(self) -> int:
        return self.counts[LOST]

    def share(self, outcome: str) -> float:
        return self.counts[outcome] / self.arrived if self.arrived else 0.0

    def percentile_s(self, percent: float) -> float | None:
        """The latency that `percent` % of the served requests did not exceed; None if none was served."""
        if not self.latencies_s:
            return None
        rank = max(1, -(-len(self.latencies_s) * percent // 100))
        return self.latencies_s[int(rank) - 1]


@dataclass
class PoolResult:
    """How a pool was used: slot seconds in work, the longest queue, and how often it was killed for memory."""

    name: str
    threads: int
    duration_s: float
    busy_slot_s: float = 0.0
    queue_longest: int = 0
    kills: int = 0

    @property
    def idle_slot_s(self) -> float:
        """The price of isolation: threads that stood by, for nobody else to use."""
        return self.threads * self.duration_s - self.busy_slot_s

    @property
    def utilisation(self) -> float:
        return self.busy_slot_s / (self.threads * self.duration_s)


@dataclass
class Result:
    """A run: per class, per pool, the bars of the Gantt chart, and each request's fate.

    `slots`: (pool, slot number, from_s, to_s, class, outcome). `requests`: (class, arrived_s, outcome, latency_s or
    None).
    """

    duration_s: float
    classes: dict[str, ClassResult]
    pools: dict[str, PoolResult]
    slots: list[tuple[str, int, float, float, str, str]] = field(default_factory=list)
    requests: list[tuple[str, float, str, float | None]] = field(default_factory=list)


# The simulation


class _Request:
    __slots__ = ("arrived_s", "connected", "kind", "pool", "slot", "started_s", "wait_s")

    def __init__(self, kind: RequestClass, pool: _Pool, arrived_s: float, wait_s: float) -> None:
        self.kind = kind
        self.pool = pool
        self.arrived_s = arrived_s
        self.wait_s = wait_s
        self.slot = -1
        self.started_s = 0.0
        self.connected = False


class _Cpu:
    """Processor sharing: `n` runnable requests each progress at min(1, cores / n).

    All progress equally, so one number tells how much each has had since the beginning (`_had_s`), and a request is
    done when that number reaches its own goal: the heap of goals never has to be rewritten when the speed changes.
    """

    __slots__ = ("_cores", "_event", "_goals", "_had_s", "_loop", "_scheduled", "_seen_s", "_serial", "_speed")

    def __init__(self, loop: Loop, cores: float) -> None:
        self._loop = loop
        self._cores = cores
        self._goals: list[tuple[float, int, _Request, Callable[[_Request], None]]] = []
        self._had_s = self._seen_s = 0.0
        self._speed = 1.0
        self._serial = 0
        self._event = 0
        self._scheduled: tuple[float, float] | None = None

    def add(self, request: _Request, work_s: float, done: Callable[[_Request], None]) -> None:
        self._progress()
        self._serial += 1
        heappush(self._goals, (self._had_s + work_s, self._serial, request, done))
        self._reschedule()

    def drop(self, pool: _Pool) -> None:
        """Forget the requests of a killed pool."""
        self._progress()
        self._goals = [entry for entry in self._goals if entry[2].pool is not pool]
        heapify(self._goals)
        self._reschedule()

    def _progress(self) -> None:
        now_s = self._loop.now_s
        self._had_s += (now_s - self._seen_s) * self._speed
        self._seen_s = now_s

    def _reschedule(self) -> None:
        wanted = None
        if self._goals:
            self._speed = min(1.0, self._cores / len(self._goals))
            wanted = (self._goals[0][0], self._speed)
        if wanted == self._scheduled:
            return
        if self._scheduled:
            self._loop.cancel(self._event)
        self._scheduled = wanted
        if wanted:
            left_s = max(0.0, wanted[0] - self._had_s) / self._speed
            self._event = self._loop.after(left_s, self._done)

    def _done(self) -> None:
        self._scheduled = None
        self._seen_s = self._loop.now_s
        self._had_s, _, request, done = heappop(self._goals)  # exactly the goal: rounding does not add up
        self._reschedule()
        done(request)


class _Memory:
    """A limit and the pools under it."""

    __slots__ = ("limit_mb", "pools", "used_mb")

    def __init__(self, limit_mb: float) -> None:
        self.limit_mb = limit_mb
        self.used_mb = 0.0
        self.pools: list[_Pool] = []


class _Connections:
    """Free connections, and requests in work that wait for one."""

    __slots__ = ("free", "waiting")

    def __init__(self, free: int) -> None:
        self.free = free
        self.waiting: deque[_Request] = deque()


class _Pool:
    __slots__ = ("connections", "cpu", "down_until_s", "free", "in_work", "memory", "queue", "result", "spec")

    def __init__(
        self, spec: PoolSpec, cpu: _Cpu, connections: _Connections, memory: _Memory, duration_s: float
    ) -> None:
        self.spec = spec
        self.cpu = cpu
        self.connections = connections
        self.memory = memory
        memory.pools.append(self)
        self.result = PoolResult(spec.name, spec.threads, duration_s)
        self.queue: deque[_Request] = deque()
        self.down_until_s = 0.0
        self.reset()

    def reset(self) -> None:
        self.free = list(range(self.spec.threads))  # sorted, hence a heap: the lowest free slot is taken first
        self.in_work: set[_Request] = set()


class _Simulation:
    """One handler per rule of the model."""

    def __init__(self, design: Design, scenario: Scenario, seed: int) -> None:
        self.loop = Loop()
        self.scenario = scenario
        self.seed = seed
        self.pools = self._compartments(design)
        self.pool_of = {kind.name: self.pools[design.pool_of(kind.name).name] for kind in scenario.classes}
        self.result = Result(
            scenario.duration_s,
            {kind.name: ClassResult(kind.name) for kind in scenario.classes},
            {name: pool.result for name, pool in self.pools.items()},
        )

    def _compartments(self, design: Design) -> dict[str, _Pool]:
        """Rules 4 to 6: a pool's own limits, or together what the others leave."""
        machine, pools = self.scenario.machine, design.pools
        rest = max(0.001, 1 - sum(spec.cpu_share or 0 for spec in pools))
        cpu = _Cpu(self.loop, rest * machine.cores)
        connections = _Connections(machine.connections - sum(spec.connections or 0 for spec in pools))
        memory = _Memory(machine.memory_mb - sum(spec.memory_mb or 0 for spec in pools))
        return {
            spec.name: _Pool(
                spec,
                cpu if spec.cpu_share is None else _Cpu(self.loop, spec.cpu_share * machine.cores),
                connections if spec.connections is None else _Connections(spec.connections),
                memory if spec.memory_mb is None else _Memory(spec.memory_mb),
                self.scenario.duration_s,
            )
            for spec in pools
        }

    def run(self) -> Result:
        for kind in self.scenario.classes:
            arrivals = _arrivals(kind, self.scenario.duration_s, stream(self.seed, kind.name, "arrivals"))
            self._next_arrival(kind, arrivals, stream(self.seed, kind.name, "waits"))
        self.loop.run()
        for result in self.result.classes.values():
            result.latencies_s.sort()
        return self.result

    def _next_arrival(self, kind: RequestClass, arrivals: Iterator[float], chance: random.Random) -> None:
        at_s = next(arrivals, None)
        if at_s is not None:
            self.loop.at(at_s, self._arrive, kind, arrivals, chance)

    def _arrive(self, kind: RequestClass, arrivals: Iterator[float], chance: random.Random) -> None:
        """Rules 1 and 2. The wait is drawn here, so that two designs get the same requests."""
        wait_s = kind.wait_s if kind.fixed_wait or not kind.wait_s else chance.expovariate(1 / kind.wait_s)
        pool = self.pool_of[kind.name]
        request = _Request(kind, pool, self.loop.now_s, wait_s)
        if pool.down_until_s > self.loop.now_s:
            self._end(request, REJECTED)
        elif pool.free:
            self._start(request)
        elif len(pool.queue) < pool.spec.queue:
            pool.queue.append(request)
            pool.result.queue_longest = max(pool.result.queue_longest, len(pool.queue))
        else:
            self._end(request, REJECTED)
        self._next_arrival(kind, arrivals, chance)

    def _start(self, request: _Request) -> None:
        """Rules 3 and 6."""
        pool, kind = request.pool, request.kind
        request.slot = heappop(pool.free)
        request.started_s = self.loop.now_s
        pool.in_work.add(request)
        pool.memory.used_mb += kind.memory_mb
        if pool.memory.used_mb > pool.memory.limit_mb:
            self._kill(pool.memory)
        elif kind.cpu_s > 0:
            pool.cpu.add(request, kind.cpu_s, self._wait)
        else:
            self._wait(request)

    def _wait(self, request: _Request) -> None:
        """Rule 5: the computing is done, now a connection is needed."""
        connections = request.pool.connections
        if not request.wait_s:
            self._finish(request)
        elif connections.free > 0:
            connections.free -= 1
            self._ask(request)
        else:
            connections.waiting.append(request)

    def _ask(self, request: _Request) -> None:
        """Rule 8."""
        request.connected = True
        asked_s = now_s = self.loop.now_s
        for start_s, end_s in request.kind.hangs:
            if start_s <= now_s < end_s:
                asked_s = max(asked_s, end_s)
        self.loop.at(asked_s + request.wait_s, self._answered, request)

    def _answered(self, request: _Request) -> None:
        if request in request.pool.in_work:  # otherwise its pool was killed meanwhile
            self._hand_over(request.pool.connections)
            self._finish(request)

    def _hand_over(self, connections: _Connections) -> None:
        """One connection is free: for the first in line that was not killed."""
        while connections.waiting:
            waiting = connections.waiting.popleft()
            if waiting in waiting.pool.in_work:
                self._ask(waiting)
                return
        connections.free += 1

    def _finish(self, request: _Request) -> None:
        """The thread is free again, for whoever waits in the queue.

        Rule 7 decides whether anybody still wanted the answer.
        """
        pool, now_s = request.pool, self.loop.now_s
        in_time = now_s <= request.arrived_s + request.kind.timeout_s
        self._free(request)
        heappush(pool.free, request.slot)
        pool.in_work.discard(request)
        self._end(request, SERVED if in_time else TIMED_OUT)
        while pool.queue and pool.free:
            waiting = pool.queue.popleft()
            if now_s > waiting.arrived_s + waiting.kind.timeout_s:
                self._end(waiting, TIMED_OUT)
            else:
                self._start(waiting)

    def _free(self, request: _Request) -> None:
        pool = request.pool
        pool.memory.used_mb -= request.kind.memory_mb
        in_scenario_s = min(self.loop.now_s, self.scenario.duration_s) - request.started_s
        pool.result.busy_slot_s += max(0.0, in_scenario_s)

    def _kill(self, memory: _Memory) -> None:
        """Rule 6: everything that the pools under this limit had is gone."""
        killed = [(pool, sorted(pool.in_work, key=lambda r: r.slot)) for pool in memory.pools]
        for pool, requests in killed:
            pool.cpu.drop(pool)
            for request in requests:
                self._free(request)
            for request in (*requests, *pool.queue):
                self._end(request, LOST)
            pool.queue.clear()
            pool.reset()
            pool.down_until_s = self.loop.now_s + self.scenario.machine.restart_s
            pool.result.kills += 1
        for pool, requests in killed:  # last, when none of the killed stands in line any more
            for request in requests:
                if request.connected:
                    self._hand_over(pool.connections)

    def _end(self, request: _Request, outcome: str) -> None:
        now_s, kind, result = self.loop.now_s, request.kind.name, self.result.classes[request.kind.name]
        result.counts[outcome] += 1
        latency_s = None
        if outcome == SERVED:
            latency_s = now_s - request.arrived_s
            result.latencies_s.append(latency_s)
        self.result.requests.append((kind, request.arrived_s, outcome, latency_s))
        if request.slot >= 0:
            self.result.slots.append((request.pool.spec.name, request.slot, request.started_s, now_s, kind, outcome))


def _arrivals(kind: RequestClass, duration_s: float, chance: random.Random) -> Iterator[float]:
    """Poisson arrivals at a rate that surges change.

    A Poisson process has no memory: where the rate changes, the gap that reaches beyond is forgotten and drawn again.
    """
    changes = {
        moment_s for start_s, end_s, _ in kind.surges for moment_s in (start_s, end_s) if 0 < moment_s < duration_s
    }
    from_s = 0.0
    for until_s in (*sorted(changes), duration_s):
        factors = [factor for start_s, end_s, factor in kind.surges if start_s <= from_s < end_s]
        rate_per_s = kind.rate_per_s * max(factors, default=1.0)
        at_s = from_s
        while rate_per_s > 0:
            at_s += chance.expovariate(rate_per_s)
            if at_s >= until_s:
                break
            yield at_s
        from_s = until_s


def simulate(design: Design, scenario: Scenario, seed: int = 0) -> Result:
    """Put `design` through `scenario`. The requests are the same for every design with the same seed.

    After `duration_s` no more requests come, and those that are there are served to their end. ValueError if a class
    has no route, or if the design promises more than the machine has.
    """
    for key, (promised, there) in scenario.machine.overcommitted(design).items():
        raise ValueError(f"{key}: the pools together have {promised:g}, the machine has {there:g}")
    return _Simulation(design, scenario, seed).run()


# Erlang's loss formula


def erlang_b(servers: int, load: float) -> float:
    """The share of requests that `servers` slots without a queue reject.

    `load` is arrivals per second times mean seconds of service. B(0) = 1, B(k) = load B(k-1) / (k + load B(k-1)).
    """
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked


def servers_for(load: float, blocking_max: float) -> int:
    """The fewest slots with which `load` is blocked at most with probability `blocking_max` (above 0)."""
    if not 0 < blocking_max <= 1:
        raise ValueError("blocking_max is a probability above 0")
    servers, blocked = 0, 1.0
    while blocked > blocking_max:
        servers += 1
        blocked = load * blocked / (servers + load * blocked)
    return servers


# The course's example: a service with an API, reports and an administration page


def three_pools(api: int = 50, reports: int = 20, admin: int = 10, queue: int = 50) -> Design:
    """A compartment for each."""
    threads = {"api": api, "reports": reports, "admin": admin}
    return Design(tuple(PoolSpec(name, n, queue) for name, n in threads.items()), {name: name for name in threads})


def one_pool(threads: int = 80, queue: int = 50) -> Design:
    """The same threads for everybody."""
    return Design((PoolSpec("shared", threads, queue),), dict.fromkeys(("api", "reports", "admin"), "shared"))


def office_day(
    api_rate_per_s: float = 100.0, reports_hang: tuple[float, float] | None = (10.0, 30.0), duration_s: float = 40.0
) -> Scenario:
    """Many short API calls, a few long reports, hardly any administration; the reports' database hangs for a while."""
    hangs = (reports_hang,) if reports_hang else ()
    return Scenario(
        (
            RequestClass("api", api_rate_per_s, cpu_s=0.005, wait_s=0.1, memory_mb=4, timeout_s=2),
            RequestClass("reports", 8, cpu_s=0.1, wait_s=1.0, memory_mb=200, timeout_s=30, hangs=hangs),
            RequestClass("admin", 1, cpu_s=0.01, wait_s=0.2, memory_mb=10, timeout_s=5),
        ),
        duration_s,
    )
