"""Latency against consistency where nothing is cut off: the half of PACELC that every request pays (Abadi, 2012).

CAP speaks of the rare hour of a partition. PACELC reads: if there is a Partition, Availability or Consistency; Else,
Latency or Consistency. Four regions keep a copy each, and light takes its time. Who has to be asked before an answer is
given decides both how long the answer takes and whether it can be out of date.

The model
1. A message from one region to another takes `ONE_WAY_MS`, from a client to its own region `LOCAL_MS`; each time longer
   by the factor 1 + jitter * x, where x is exponential with mean 1. Nothing is lost.
2. `route` says who is asked. "own": the client's own region coordinates reads and writes, nobody leads. "writes":
   writes go to the leader, reads to the own region. "all": both go to the leader.
3. The coordinator of a write stamps it, sends it to all copies, and answers when `w` of them have it, its own among
   them. With `batch_ms` it sends it at once to the `w` nearest only, and to the others at the next multiple of that.
   w = 1 is asynchronous replication: nobody else is waited for.
4. The coordinator of a read asks all copies and answers, when `r` have answered, with the newest value among those
   (greatest stamp). A leader answers reads alone, with the newest write that `w` copies have.
5. A read is stale if a write with a greater stamp had been answered before the read began. How stale: since when.
6. A cut takes one region off from the three others for the whole run. Who cannot reach enough copies, or a leader,
   refuses ("refuse"): then the side with a majority has a leader, in the region that is nearest to the rest of it.
   Or it goes on with the copies that it can reach, and with a leader on each side ("answer").

What follows without any run: a read sees every write that was answered before it if r + w > 4, or if the leader answers
reads (`fresh_by_design`). That is "C" here, and is weaker than linearizable: rule 4 has no second phase, see
`models/cap_register.py`. `letters` puts a design into one of Abadi's four boxes. His PC does not say that
everything is consistent during the cut; it says that consistency is not given up *beyond* what was promised without it.

Left out: failures but that one cut, failover within a run, several keys, sessions, clocks that are wrong. The distances
are assumptions of the right order (fibre: some 200 km in a millisecond), and those of the exercise `3.1-cap`.

Source: D. Abadi, "Consistency Tradeoffs in Modern Distributed Database System Design: CAP is Only Part of the Story",
IEEE Computer 45 (2), 2012. Which system is in which box is his verdict on their defaults at that time.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from faultlab.sim.streams import stream

REGIONS = ("eu", "us", "asia", "oce")
ONE_WAY_MS = {
    ("eu", "us"): 40.0, ("eu", "asia"): 80.0, ("eu", "oce"): 140.0,
    ("us", "asia"): 70.0, ("us", "oce"): 80.0, ("asia", "oce"): 55.0,
}  # fmt: skip
LOCAL_MS = 0.5
OWN, WRITES, ALL = ROUTES = ("own", "writes", "all")
REFUSE, ANSWER = "refuse", "answer"
READ, WRITE = "read", "write"

# One busy key. Each region that has clients writes and reads it so often.
RUN_S, WRITES_PER_S, READS_PER_S = 60.0, 2.0, 4.0

# Abadi's classification of 2012, by the letters of the box.
SYSTEMS = {
    "PA/EL": ("Dynamo", "Cassandra", "Riak"),
    "PC/EC": ("VoltDB/H-Store", "Megastore", "BigTable/HBase"),
    "PA/EC": ("MongoDB",),
    "PC/EL": ("PNUTS",),
}


def one_way_ms(one: str, other: str) -> float:
    """The time of a message without jitter; `LOCAL_MS` within a region. KeyError for an unknown region."""
    return LOCAL_MS if one == other else ONE_WAY_MS[(one, other) if (one, other) in ONE_WAY_MS else (other, one)]


def nearest(place: str, among: Iterable[str] = REGIONS) -> list[str]:
    """Regions by their distance from `place`, itself first."""
    return sorted(among, key=lambda other: (other != place, one_way_ms(place, other), other))


@dataclass(frozen=True)
class Design:
    """Who is asked (rules 2 to 4), and what is done on a cut (rule 6). ValueError for what makes no sense."""

    route: str = OWN
    leader: str = "us"
    w: int = 1
    r: int = 1
    on_cut: str = REFUSE

    def __post_init__(self) -> None:
        n = len(REGIONS)
        if not (1 <= self.w <= n and 1 <= self.r <= n):
            raise ValueError(f"w={self.w} and r={self.r} should be from 1 to {n}")
        if self.route not in ROUTES or self.leader not in REGIONS or self.on_cut not in (REFUSE, ANSWER):
            raise ValueError(f"no such design: {self}")


@dataclass(frozen=True)
class Conditions:
    """What a design is put under: where clients are, how times vary, who is cut off, and the seed."""

    clients: tuple[str, ...] = REGIONS
    jitter: float = 0.1
    batch_ms: float = 0.0
    cut: str | None = None
    seed: int = 1


def fresh_by_design(design: Design) -> bool:
    """Whether without a cut no read can miss a write that was answered before it."""
    return design.route == ALL or design.r + design.w > len(REGIONS)


def answers_in_any_cut(design: Design) -> bool:
    """Whether all requests are answered whichever region is cut off."""
    return design.on_cut == ANSWER or (design.route == OWN and design.r == design.w == 1)


def letters(design: Design) -> str:
    """The box of a design: `PA/EL`, `PA/EC`, `PC/EL` or `PC/EC`."""
    return f"P{'A' if answers_in_any_cut(design) else 'C'}/E{'C' if fresh_by_design(design) else 'L'}"


def side_of(region: str, cut: str | None) -> tuple[str, ...]:
    """The regions that `region` reaches, itself among them."""
    if cut is None:
        return REGIONS
    return (cut,) if region == cut else tuple(other for other in REGIONS if other != cut)


def leader_of(region: str, design: Design, cut: str | None) -> str | None:
    """The leader that clients of `region` have (rule 6); None if their side has none."""
    side = side_of(region, cut)
    if len(side) <= len(REGIONS) / 2 and design.on_cut == REFUSE:
        return None
    if design.leader in side:
        return design.leader
    return min(side, key=lambda place: (sum(one_way_ms(place, other) for other in side), place))


def enough(wanted: int, side: Sequence[str], design: Design) -> int | None:
    """How many copies are waited for on this side; None if there are too few of them."""
    if wanted <= len(side):
        return wanted
    return len(side) if design.on_cut == ANSWER else None


@dataclass(frozen=True)
class Request:
    """A request of a client of `region`; `lags` are the x of rule 1 for each message that it may need."""

    region: str
    kind: str
    at_ms: float
    to_leader: float
    home: float
    out: dict[str, float]
    back: dict[str, float]


@dataclass(frozen=True)
class Answer:
    """What became of a request. `latency_ms` is None if it was refused; `stale_ms` says for how long the answer of a
    read had been out of date, None if it was not."""

    region: str
    kind: str
    latency_ms: float | None
    stale_ms: float | None = None


@dataclass
class Run:
    """The answers of a run, and what can be asked of them."""

    answers: list[Answer] = field(default_factory=list)

    def of(self, kind: str | None = None, region: str | None = None) -> list[Answer]:
        """The answers of one kind, one region, or all."""
        return [a for a in self.answers if kind in (None, a.kind) and region in (None, a.region)]

    def latencies_ms(self, kind: str, region: str | None = None) -> list[float]:
        """The sorted latencies of what was answered."""
        return sorted(a.latency_ms for a in self.of(kind, region) if a.latency_ms is not None)

    def refused(self, kind: str | None = None, region: str | None = None) -> float:
        """The share of requests that were refused; 0 if there were none."""
        asked = self.of(kind, region)
        return sum(a.latency_ms is None for a in asked) / len(asked) if asked else 0.0

    def stale(self, region: str | None = None) -> float:
        """The share of stale reads among those that were answered; 0 if there were none."""
        answered = [a for a in self.of(READ, region) if a.latency_ms is not None]
        return sum(a.stale_ms is not None for a in answered) / len(answered) if answered else 0.0

    def ages_ms(self) -> list[float]:
        """For how long the answers of the stale reads had been out of date, sorted."""
        return sorted(a.stale_ms for a in self.of(READ) if a.stale_ms is not None)

    def mean_ms(self) -> float | None:
        """The mean latency of a read and that of a write, halved; None if no read or no write was answered."""
        means = [sum(times) / len(times) for kind in (READ, WRITE) if (times := self.latencies_ms(kind))]
        return sum(means) / 2 if len(means) == 2 else None


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of the sorted values do not exceed (nearest rank). ValueError if there are none."""
    if not ordered:
        raise ValueError("there are no values")
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


# -------- the run


@lru_cache(maxsize=16)
def requests(clients: tuple[str, ...], seed: int) -> tuple[Request, ...]:
    """What the clients ask for, in order. It does not depend on the design: every design gets the same requests, and
    its messages the same luck."""
    found = []
    for region in clients:
        for kind, per_s in ((READ, READS_PER_S), (WRITE, WRITES_PER_S)):
            rng = stream(seed, "requests", region, kind)
            found += [_request(region, kind, at_ms, rng) for at_ms in _moments_ms(rng, per_s)]
    return tuple(sorted(found, key=lambda one: (one.at_ms, one.region, one.kind)))


def _moments_ms(rng: random.Random, per_s: float) -> Iterator[float]:
    at_s = rng.expovariate(per_s)
    while at_s < RUN_S:
        yield at_s * 1000
        at_s += rng.expovariate(per_s)


def _request(region: str, kind: str, at_ms: float, rng: random.Random) -> Request:
    ways = [{name: rng.expovariate(1.0) for name in REGIONS} for _way in range(2)]
    return Request(region, kind, at_ms, rng.expovariate(1.0), rng.expovariate(1.0), *ways)


class Newest:
    """Stamps by the moment from which they count: the greatest until a moment."""

    def __init__(self, pairs: Iterable[tuple[float, float]]) -> None:
        self.pairs = sorted(pairs)
        self.moments = [at_ms for at_ms, _stamp in self.pairs]
        self.greatest: list[float] = []
        for _at_ms, stamp in self.pairs:
            self.greatest.append(max(stamp, self.greatest[-1]) if self.greatest else stamp)

    def until(self, at_ms: float) -> float:
        """The greatest stamp that counts at `at_ms`; minus infinity before the first."""
        known = bisect_right(self.moments, at_ms)
        return self.greatest[known - 1] if known else -math.inf

    def first_above(self, stamp: float, at_ms: float) -> float | None:
        """The earliest moment up to `at_ms` from which a greater stamp counted."""
        place = bisect_right(self.greatest, stamp)
        return self.moments[place] if place < len(self.moments) and self.moments[place] <= at_ms else None


@dataclass(frozen=True)
class Written:
    """A write that is answered: its stamp, when it is at which copy, and when it was confirmed and answered."""

    stamp: float
    leader: str
    arrives_ms: dict[str, float]
    confirmed_ms: float
    answered_ms: float


def simulate_design(design: Design, conditions: Conditions) -> Run:
    """A minute of the design under these conditions. The same arguments give the same run."""
    asked = requests(conditions.clients, conditions.seed)
    writes = [_write(one, design, conditions) if one.kind == WRITE else None for one in asked]
    done = [write for write in writes if write is not None]
    copies = {name: Newest((w.arrives_ms[name], w.stamp) for w in done if name in w.arrives_ms) for name in REGIONS}
    leaders = {name: Newest((w.confirmed_ms, w.stamp) for w in done if w.leader == name) for name in REGIONS}
    answered = Newest((w.answered_ms, w.stamp) for w in done)
    run = Run()
    for one, write in zip(asked, writes, strict=True):
        if one.kind == READ:
            run.answers.append(_read(one, design, conditions, copies, leaders, answered))
        else:
            run.answers.append(Answer(one.region, WRITE, None if write is None else write.answered_ms - one.at_ms))
    return run


def _way_ms(one: str, other: str, lag: float, conditions: Conditions) -> float:
    return one_way_ms(one, other) * (1 + conditions.jitter * lag)


def _write(one: Request, design: Design, conditions: Conditions) -> Written | None:
    """Rule 3; None if it is refused."""
    place = one.region if design.route == OWN else leader_of(one.region, design, conditions.cut)
    side = side_of(one.region, conditions.cut)
    needed = enough(design.w, side, design)
    if place is None or needed is None:
        return None
    stamp = one.at_ms + _way_ms(one.region, place, one.to_leader, conditions)
    at_once = nearest(place, side)[: needed if conditions.batch_ms else None]
    arrives, confirms = {}, []
    for copy in side:
        out_ms, back_ms = (
            0.0 if copy == place else _way_ms(place, copy, lag[copy], conditions) for lag in (one.out, one.back)
        )
        sent_ms = stamp if copy in at_once else math.ceil(stamp / conditions.batch_ms) * conditions.batch_ms
        arrives[copy] = sent_ms + out_ms
        confirms.append(arrives[copy] + back_ms)
    confirmed_ms = sorted(confirms)[needed - 1]
    return Written(stamp, place, arrives, confirmed_ms, confirmed_ms + _way_ms(place, one.region, one.home, conditions))


def _read(
    one: Request, design: Design, conditions: Conditions, copies: dict[str, Newest], leaders: dict[str, Newest],
    answered: Newest,
) -> Answer:  # fmt: skip
    """Rules 4 and 5."""
    place = one.region if design.route != ALL else leader_of(one.region, design, conditions.cut)
    side = side_of(one.region, conditions.cut)
    needed = 1 if design.route == ALL else enough(design.r, side, design)
    if place is None or needed is None:
        return Answer(one.region, READ, None)
    there_ms = one.at_ms + _way_ms(one.region, place, one.to_leader, conditions)
    if design.route == ALL:
        seen, got_ms = leaders[place].until(there_ms), there_ms
    else:
        seen, got_ms = _ask_copies(one, place, there_ms, side, needed, conditions, copies)
    home_ms = got_ms + _way_ms(place, one.region, one.home, conditions)
    since_ms = answered.first_above(seen, one.at_ms)
    return Answer(one.region, READ, home_ms - one.at_ms, None if since_ms is None else one.at_ms - since_ms)


def _ask_copies(
    one: Request, place: str, there_ms: float, side: Sequence[str], needed: int, conditions: Conditions,
    copies: dict[str, Newest],
) -> tuple[float, float]:  # fmt: skip
    """The newest stamp among the first `needed` answers, and when the last of those came."""
    asked = []
    for copy in side:
        out_ms, back_ms = (
            0.0 if copy == place else _way_ms(place, copy, lag[copy], conditions) for lag in (one.out, one.back)
        )
        asked.append((there_ms + out_ms + back_ms, copies[copy].until(there_ms + out_ms)))
    first = sorted(asked)[:needed]
    return max(stamp for _came_ms, stamp in first), first[-1][0]
