"""Many clients, one row: what backoff and jitter do when clients contend.

Each client wants to update the same row once. It reads the row's version, then writes on condition that the version is
still the same (optimistic concurrency control). Of the clients that have read the same version only the first writer
wins; the others wait as their delay strategy says and begin again with a read. The work is the number of writes that
the server sees, failed ones included; the time is when the last client has its answer.

Rules
1. A message takes abs(normal(network_mean_s, network_sd_s)). A round is four of them: read, its answer, write, its
   answer.
2. All clients start at 0. After a failed write the next read is sent when the wait is over.
3. Each client has random streams of its own, for the network and for its waits.

What to see: without a wait nearly every write is a collision, about 24 for each that wins; it is over soonest only
because this server never slows down under load. Plain exponential waits keep the clients in step: hardly less work, and
thirty times as long. Every kind of jitter does a third to two fifths of the work of no wait at all in a few seconds.

Source: M. Brooker, Exponential Backoff And Jitter (AWS Architecture Blog, 2015), whose simulator
(aws-samples/aws-arch-backoff-simulator) fixes the rules and the numbers below.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from faultlab.models.retry import DecorrelatedJitter, Delays, EqualJitter, Exponential, Fixed, FullJitter
from faultlab.sim import Loop, stream

# The published set-up: base 5 ms, cap 2 s. Its first wait is already 2^1 times the base, hence 10 ms; decorrelated
# jitter starts at the base.
PUBLISHED: dict[str, Delays] = {
    "none": Fixed(0.0),
    "exponential": Exponential(0.010, 2.0),
    "equal": EqualJitter(0.010, 2.0),
    "full": FullJitter(0.010, 2.0),
    "decorrelated": DecorrelatedJitter(0.005, 2.0),
}

DelayFunction = Callable[[int, "float | None", random.Random], float]


@dataclass
class Contention:
    """One run.

    `writes`: (client, at_s, won) in the order in which the server saw them; `finish_s`: when the last client was done.
    """

    clients: int
    writes: list[tuple[int, float, bool]] = field(default_factory=list)
    finish_s: float = 0.0

    @property
    def calls(self) -> int:
        """The server's work: all writes."""
        return len(self.writes)

    def load(self, bin_s: float) -> list[int]:
        """Writes in each interval of `bin_s` seconds, from 0 to the end."""
        counts = [0] * (int(self.finish_s / bin_s) + 1)
        for _, at_s, _ in self.writes:
            counts[int(at_s / bin_s)] += 1
        return counts


class _Row:
    """The server: one row, whose version is all that matters."""

    def __init__(self, result: Contention) -> None:
        self.version = 0
        self._result = result

    def write(self, client: int, at_s: float, expected_version: int) -> bool:
        won = expected_version == self.version
        self.version += won
        self._result.writes.append((client, at_s, won))
        return won


class _Client:
    """Reads, writes, and on a lost race waits and begins again."""

    def __init__(self, number: int, loop: Loop, row: _Row, result: Contention, network: Callable[[], float]) -> None:
        self._number = number
        self._loop = loop
        self._row = row
        self._result = result
        self._network = network
        self._attempt = 0
        self._waited_s: float | None = None

    def start(self, delay: DelayFunction, rng: random.Random) -> None:
        self._delay, self._rng = delay, rng
        self._loop.after(self._network(), self._read)

    def _read(self) -> None:
        """The server reads: what counts is the version at this moment.

        Its answer and the write are two messages on the way.
        """
        self._loop.after(self._network() + self._network(), self._write, self._row.version)

    def _write(self, version: int) -> None:
        now_s = self._loop.now_s
        answered_s = now_s + self._network()
        if self._row.write(self._number, now_s, version):
            self._result.finish_s = max(self._result.finish_s, answered_s)
            return
        self._attempt += 1
        wait_s = self._delay(self._attempt, self._waited_s, self._rng)
        if not (0 <= wait_s < math.inf):
            raise ValueError(f"the strategy chose to wait {wait_s!r} s after attempt {self._attempt}")
        self._waited_s = wait_s
        self._loop.at(answered_s + wait_s + self._network(), self._read)


def simulate(
    strategy: Delays | DelayFunction,
    clients: int = 100,
    seed: int = 0,
    network_mean_s: float = 0.010,
    network_sd_s: float = 0.002,
) -> Contention:
    """Let `clients` contend until each has won once.

    `strategy` is a value with `delay(attempt, previous_s, rng)` or such a function; ValueError if it chooses a wait
    that is negative or no number.
    """
    delay = getattr(strategy, "delay", strategy)
    loop, result = Loop(), Contention(clients)
    row = _Row(result)
    for number in range(clients):
        chance = stream(seed, "network", number)
        _Client(
            number, loop, row, result, lambda draw=chance.normalvariate: abs(draw(network_mean_s, network_sd_s))
        ).start(delay, stream(seed, "waits", number))
    loop.run()
    return result


@dataclass(frozen=True)
class Averages:
    """Mean work and time of several runs with the same number of clients."""

    clients: int
    calls: float
    finish_s: float


def average(strategy: Delays | DelayFunction, clients: int = 100, runs: int = 10, seed: int = 0) -> Averages:
    """The mean of `runs` runs with seeds `seed`, `seed` + 1, and so on."""
    results = [simulate(strategy, clients, seed + run) for run in range(runs)]
    return Averages(clients, sum(r.calls for r in results) / runs, sum(r.finish_s for r in results) / runs)


def curve(
    strategy: Delays | DelayFunction, clients: Iterable[int] = range(10, 101, 10), runs: int = 3, seed: int = 0
) -> list[Averages]:
    """Work and time against the number of clients."""
    return [average(strategy, number, runs, seed) for number in clients]
