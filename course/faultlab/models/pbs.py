"""Probabilistically bounded staleness: how eventual is eventually? (Bailis et al., 2012)

A store keeps each value on N replicas. A write goes to all of them and is acknowledged when W have it; a read asks all
of them and answers when R have answered, with the newest of those. If R + W > N, every read quorum meets every write
quorum. If not, a read may be stale, and the question is how often and by how much.

k-staleness: the value is one of the last k versions. If quorums were drawn at random, each write quorum would be missed
with probability ps = C(N - W, R) / C(N, R), and all of the last k with ps ** k. It is the pessimist's bound: writes go
on to the other replicas after the acknowledgement.

t-visibility: t seconds after its write was acknowledged, does a read see the value? Four delays for each replica decide
(the model is called WARS):
1. W: the write's way to the replica; A: the acknowledgement's way back. The write is acknowledged at the W-th least
   W + A.
2. t later a read starts. R: the request's way to the replica; S: the answer's way back. The read waits for the R least
   R + S.
3. An answer is stale if the read reached the replica before the write did: t_acknowledged + t + R < W. The read is
   stale if all of its answers are.
There is no formula for real latencies, so it is simulated.

R + W > N does not make a store linearizable: a write that is still on its way may be seen by one read and missed by
the next (see `models/cap_register.py`, rule 3), and a write that failed is not undone.

Left out: read repair and anti-entropy (the model is pessimistic about them), failures, sloppy quorums.

Source: P. Bailis, S. Venkataraman, M. Franklin, J. Hellerstein, I. Stoica, "Probabilistically Bounded Staleness for
Practical Partial Quorums", VLDB 2012, sections 3.1, 4.1 and 5; the latencies are those of its table 3.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Draws a latency in milliseconds.
Draw = Callable[[random.Random], float]


def k_staleness(n: int, r: int, w: int, k: int = 1) -> float:
    """The probability that a read is *not* older than the last k versions, for quorums drawn at random.

    ValueError unless 1 <= r, w <= n and k >= 1.
    """
    _check(n, r, w)
    if k < 1:
        raise ValueError(f"k is {k}; it should be at least 1")
    return 1 - (math.comb(n - w, r) / math.comb(n, r)) ** k


def _check(n: int, r: int, w: int) -> None:
    for name, size in (("r", r), ("w", w)):
        if not 1 <= size <= n:
            raise ValueError(f"{name} is {size}; with {n} replicas it should be from 1 to {n}")


def exponential(rate: float) -> Draw:
    """Exponential latencies with `rate` per millisecond: their mean is 1 / rate."""
    return lambda rng: rng.expovariate(rate)


def pareto(least_ms: float, shape: float) -> Draw:
    """Pareto latencies: never less than `least_ms`, with a tail that is the longer the smaller `shape` is."""
    return lambda rng: least_ms * rng.paretovariate(shape)


def mixture(share: float, one: Draw, other: Draw) -> Draw:
    """`one` with probability `share`, else `other`."""
    return lambda rng: one(rng) if rng.random() < share else other(rng)


@dataclass(frozen=True)
class Wars:
    """The four latencies of a store: write, acknowledgement, read request, answer."""

    write: Draw
    ack: Draw
    read: Draw
    answer: Draw


def _with_fast_reads(write: Draw, rest: Draw) -> Wars:
    return Wars(write, rest, rest, rest)


# Table 3 of the paper: fits to latencies measured at LinkedIn (on disks and on SSDs) and at Yammer.
_LNKD_SSD = mixture(0.9122, pareto(0.235, 10), exponential(1.66))
PUBLISHED = {
    "LNKD-SSD": _with_fast_reads(_LNKD_SSD, _LNKD_SSD),
    "LNKD-DISK": _with_fast_reads(mixture(0.38, pareto(1.05, 1.51), exponential(0.183)), _LNKD_SSD),
    "YMMR": _with_fast_reads(
        mixture(0.939, pareto(3, 3.35), exponential(0.0028)), mixture(0.982, pareto(1.5, 3.8), exponential(0.0217))
    ),
}


@dataclass(frozen=True)
class Trial:
    """One write and one read, in milliseconds: the read is fresh from `fresh_from_ms` after the acknowledgement on."""

    fresh_from_ms: float
    write_ms: float
    read_ms: float


def trials(wars: Wars, n: int, r: int, w: int, runs: int, seed: int = 1) -> list[Trial]:
    """`runs` writes, each followed by a read. ValueError for quorums that do not fit."""
    _check(n, r, w)
    rng = random.Random(f"pbs/{seed}")
    return [_trial(wars, n, r, w, rng) for _run in range(runs)]


def _trial(wars: Wars, n: int, r: int, w: int, rng: random.Random) -> Trial:
    writes = [wars.write(rng) for _ in range(n)]
    acknowledged = sorted(arrived + wars.ack(rng) for arrived in writes)[w - 1]
    asked = []
    for arrived in writes:
        request = wars.read(rng)
        # Rule 3, solved for t: from when on this replica would answer with the new value.
        asked.append((request + wars.answer(rng), arrived - acknowledged - request))
    first = sorted(asked)[:r]
    return Trial(max(0.0, min(fresh for _came, fresh in first)), acknowledged, first[-1][0])


def consistent_at(found: Sequence[Trial], t_ms: float) -> float:
    """The share of reads that see the write if they start `t_ms` after its acknowledgement."""
    return sum(trial.fresh_from_ms <= t_ms for trial in found) / len(found)


def visible_after_ms(found: Sequence[Trial], share: float) -> float:
    """How long after the acknowledgement a read has to start, to see the write with probability `share`."""
    ordered = sorted(trial.fresh_from_ms for trial in found)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]
