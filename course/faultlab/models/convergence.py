"""How replicas come to agree, and when: gossip, and five ways to take in what one hears.

Each replica may be written at any time and answers at once from what it has. Now and then it tells another one what it
knows. Three promises are to be told apart:
1. Eventual delivery: what one replica has received, all receive in the end. Gossip that is repeated gives this, as long
   as no message is *always* lost. It says nothing of what replicas show.
2. Eventual consistency: if writing stops, all replicas show the same in the end. They may show different things in
   between although they have received the same, and change their minds.
3. Strong eventual consistency: replicas that have received the same updates are in the same state, at every moment, in
   whatever order they received them (Shapiro et al., 2011).

The model
1. Every `gossip_s`, at a phase of its own, a replica sends its whole state: to the next one in the ring ("ring"), to
   all ("all"), or to one drawn at random ("random"). Writing sends nothing by itself.
2. A message takes from `DELAY_MIN_S` to `DELAY_MAX_S` and is lost with probability `loss`. A cut separates the first
   half of the replicas from the others for a while; a message that is sent across it is lost.
3. `rule` says how a replica takes a state in:
   "last"      each update is applied once, when it is first heard of; the one that came last is shown. Delivery without
               agreement: nothing makes the orders equal.
   "primary"   the same, but A's order counts: it spreads with the gossip, and everybody puts what A has ordered in
               front of the rest (as Bayou did with its primary). Eventually consistent, and not strongly so.
   "lww"       last writer wins, by the time of the write (`LWWRegister`)
   "set"       everything that was written (`GSet`)
   "counter"   the sum of everything that was written (`GCounter`)
   The last three are CRDTs, merged by a least upper bound, so promise 3 holds.
4. Beside its state a replica remembers which updates it has received. No rule looks at that; it is how promise 3 is
   measured: `unequal` finds replicas that have received the same and show different things.

Left out: clocks that are wrong (see "Siblings" in `widgets/resolution.py`), replicas that crash, removal, and sending
only what changed.

Sources: W. Vogels, "Eventually Consistent", CACM 2009; M. Shapiro et al., "Conflict-free Replicated Data Types", SSS
2011, section 2; D. Terry et al., "Managing Update Conflicts in Bayou", SOSP 1995, section 5 (the primary).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations, pairwise
from typing import Any

from faultlab.models.crdt import GCounter, GSet, LWWRegister
from faultlab.sim.loop import Loop
from faultlab.sim.streams import stream

NAMES = ("A", "B", "C", "D", "E", "F")
LAST, PRIMARY, LWW, SET, COUNTER = RULES = ("last", "primary", "lww", "set", "counter")
STRONG = (LWW, SET, COUNTER)
RING, ALL, RANDOM = TOPOLOGIES = ("ring", "all", "random")
DELAY_MIN_S, DELAY_MAX_S, END_S = 0.05, 0.3, 20.0


@dataclass(frozen=True)
class Update:
    """Somebody writes `value` at the replica `at`, `at_s` seconds after the start."""

    at: str
    at_s: float
    value: int


@dataclass(frozen=True)
class Setup:
    """Everything but the writes and the seed. `cut_s` is from when to when; equal moments are no cut. ValueError for
    what makes no sense."""

    replicas: int = 3
    rule: str = LWW
    topology: str = RING
    gossip_s: float = 1.0
    loss: float = 0.0
    cut_s: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if not 2 <= self.replicas <= len(NAMES):
            raise ValueError(f"there should be from 2 to {len(NAMES)} replicas, not {self.replicas}")
        if self.rule not in RULES or self.topology not in TOPOLOGIES:
            raise ValueError(f"no such rule or topology: {self.rule}, {self.topology}")
        if not self.gossip_s > 0 or not 0 <= self.loss <= 1:
            raise ValueError("gossip_s should be above 0, and loss from 0 to 1")

    @property
    def names(self) -> tuple[str, ...]:
        return NAMES[: self.replicas]

    def apart(self, one: str, other: str, at_s: float) -> bool:
        """Whether the cut is between the two at this moment."""
        first = self.names[: self.replicas // 2]
        return self.cut_s[0] <= at_s < self.cut_s[1] and (one in first) != (other in first)


# -------- the rules: what a replica holds, what a write and a merge make of it, and what it shows


class Arrival:
    """Rule "last": updates in the order in which this replica heard of them."""

    start: Any = ()

    def write(self, state: Any, update: Update) -> Any:
        return (*state, update)

    def merge(self, _name: str, own: Any, other: Any) -> Any:
        return own + tuple(update for update in other if update not in own)

    def shown(self, state: Any) -> str:
        return str(state[-1].value) if state else ""


class Primary(Arrival):
    """Rule "primary": what was heard of, in order, and how much of it A has put in order."""

    start = ((), ())

    def write(self, state: Any, update: Update) -> Any:
        heard, ordered = state
        return self._decide(update.at, (*heard, update), ordered)

    def merge(self, name: str, own: Any, other: Any) -> Any:
        heard = super().merge(name, own[0], other[0])
        # A alone extends the order, so one of two is a beginning of the other.
        return self._decide(name, heard, max(own[1], other[1], key=len))

    @staticmethod
    def _decide(name: str, heard: Any, ordered: Any) -> Any:
        if name == NAMES[0]:
            ordered = ordered + tuple(update for update in heard if update not in ordered)
        return heard, ordered

    def shown(self, state: Any) -> str:
        heard, ordered = state
        rest = tuple(update for update in heard if update not in ordered)
        return super().shown(ordered + rest)


class Merging:
    """The rules that are CRDTs: `merge` is the type's own."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.start: Any = {LWW: LWWRegister, SET: GSet, COUNTER: GCounter}[rule]()

    def write(self, state: Any, update: Update) -> Any:
        if self.rule == LWW:
            return state.write(update.at, update.value, update.at_s)
        return state.add(update.value) if self.rule == SET else state.add(update.at, update.value)

    def merge(self, _name: str, own: Any, other: Any) -> Any:
        return own.merge(other)

    def shown(self, state: Any) -> str:
        if self.rule == SET:
            return "{" + ",".join(str(value) for value in sorted(state.value)) + "}" if state.value else ""
        return "" if state == self.start else str(state.value)


def rule_of(name: str) -> Any:
    """The rule by its name."""
    return {LAST: Arrival, PRIMARY: Primary}.get(name, partial(Merging, name))()


# -------- a run


@dataclass(frozen=True)
class Look:
    """What a replica shows from `at_s` on, the state it is in, and which updates it has received. `told` says who sent
    the message that changed it, and when; None for its own write."""

    at_s: float
    shown: str
    state: Any
    received: frozenset[Update]
    told: tuple[str, float] | None = None


@dataclass
class Run:
    """What every replica showed when, and the messages."""

    setup: Setup
    updates: tuple[Update, ...]
    looks: dict[str, list[Look]] = field(default_factory=dict)
    sent: int = 0
    lost: int = 0

    def at(self, name: str, at_s: float) -> Look:
        """The replica at a moment."""
        return next(look for look in reversed(self.looks[name]) if look.at_s <= at_s)

    def moments(self) -> list[float]:
        """When anything changed, in order; the first is 0."""
        return sorted({look.at_s for looks in self.looks.values() for look in looks})

    def last_write_s(self) -> float:
        """When the last update was made; 0 if there was none."""
        return max((update.at_s for update in self.updates), default=0.0)


def play(setup: Setup, updates: Sequence[Update], seed: int = 1) -> Run:
    """Twenty seconds of the replicas. Updates elsewhere or later are left out, and equal ones are one."""
    known = tuple(one for one in dict.fromkeys(updates) if one.at in setup.names and 0 <= one.at_s <= END_S)
    return _Play(setup, known, seed).run


class _Play:
    """The run as it goes: states by replica, and the loop."""

    def __init__(self, setup: Setup, updates: tuple[Update, ...], seed: int) -> None:
        self.setup, self.seed, self.loop, self.rule = setup, seed, Loop(), rule_of(setup.rule)
        first = Look(0.0, self.rule.shown(self.rule.start), self.rule.start, frozenset())
        self.run = Run(setup, updates, {name: [first] for name in setup.names})
        self.chance = {name: stream(seed, "gossip", name) for name in setup.names}
        for update in updates:
            self.loop.at(update.at_s, self._write, update)
        for name in setup.names:
            # The same share of the interval whatever the interval is, so that a faster gossip is the same one, faster.
            self.loop.at(stream(seed, "phase", name).random() * setup.gossip_s, self._gossip, name)
        self.loop.run(END_S)

    def _write(self, update: Update) -> None:
        now = self.run.looks[update.at][-1]
        self._become(update.at, self.rule.write(now.state, update), now.received | {update})

    def _gossip(self, name: str) -> None:
        for other in self._listeners(name):
            lag_s = self.chance[name].uniform(DELAY_MIN_S, DELAY_MAX_S)
            gone = self.chance[name].random() < self.setup.loss or self.setup.apart(name, other, self.loop.now_s)
            self.run.sent += 1
            self.run.lost += gone
            if not gone:
                self.loop.after(lag_s, self._hear, other, self.run.looks[name][-1], (name, self.loop.now_s))
        self.loop.after(self.setup.gossip_s, self._gossip, name)

    def _listeners(self, name: str) -> list[str]:
        names = self.setup.names
        if self.setup.topology == RING:
            return [names[(names.index(name) + 1) % len(names)]]
        others = [other for other in names if other != name]
        return others if self.setup.topology == ALL else [self.chance[name].choice(others)]

    def _hear(self, name: str, of: Look, told: tuple[str, float]) -> None:
        now = self.run.looks[name][-1]
        self._become(name, self.rule.merge(name, now.state, of.state), now.received | of.received, told)

    def _become(self, name: str, state: Any, received: frozenset[Update], told: Any = None) -> None:
        now = self.run.looks[name][-1]
        if state != now.state or received != now.received:
            self.run.looks[name].append(Look(self.loop.now_s, self.rule.shown(state), state, received, told))


# -------- what can be asked of a run


def distinct(run: Run) -> list[tuple[float, int]]:
    """How many different things the replicas show, from each moment on."""
    steps: list[tuple[float, int]] = []
    for at_s in run.moments():
        count = len({run.at(name, at_s).shown for name in run.setup.names})
        if not steps or steps[-1][1] != count:
            steps.append((at_s, count))
    return steps


def converged_s(run: Run) -> float | None:
    """From when on, after the last write, all replicas show the same until the end of the run; None if never."""
    at_s, count = distinct(run)[-1]
    return max(at_s, run.last_write_s()) if count == 1 else None


def delivered_s(run: Run) -> float | None:
    """When every replica had received every update; None if never."""
    everything = frozenset(run.updates)
    firsts = [next((one.at_s for one in run.looks[n] if one.received == everything), None) for n in run.setup.names]
    return None if None in firsts else max(firsts)


@dataclass(frozen=True)
class Pair:
    """Two replicas that have received the same updates, at a moment, and what they show."""

    at_s: float
    names: tuple[str, str]
    received: frozenset[Update]
    shown: tuple[str, str]


def pairs_at(run: Run, at_s: float) -> Iterator[Pair]:
    """Every two replicas that have received the same updates (some) at this moment."""
    for one, other in combinations(run.setup.names, 2):
        a, b = run.at(one, at_s), run.at(other, at_s)
        if a.received and a.received == b.received:
            yield Pair(at_s, (one, other), a.received, (a.shown, b.shown))


def unequal(run: Run) -> Pair | None:
    """The first moment at which two replicas have received the same and show different things: a counterexample to
    strong eventual consistency. None if there is none in this run, which proves nothing for other runs."""
    return next((p for at_s in run.moments() for p in pairs_at(run, at_s) if p.shown[0] != p.shown[1]), None)


def order_of(run: Run, name: str, updates: frozenset[Update]) -> list[tuple[Update, ...]]:
    """In which groups the replica received these updates, in order."""
    groups, before = [], frozenset[Update]()
    for look in run.looks[name]:
        new = (look.received - before) & updates
        before = look.received
        if new:
            groups.append(tuple(sorted(new, key=lambda one: (one.at_s, one.at))))
    return groups


def in_other_orders(run: Run, pair: Pair) -> bool:
    """Whether of some two updates the one replica received the one first, and the other the other."""
    one, other = (
        {update: i for i, group in enumerate(order_of(run, name, pair.received)) for update in group}
        for name in pair.names
    )
    return any((one[a] - one[b]) * (other[a] - other[b]) < 0 for a, b in combinations(pair.received, 2))


def equal_after_other_order(run: Run) -> Pair | None:
    """The first moment at which two replicas show the same after they have received the same in different orders."""
    pairs = (pair for at_s in run.moments() for pair in pairs_at(run, at_s))
    return next((pair for pair in pairs if pair.shown[0] == pair.shown[1] and in_other_orders(run, pair)), None)


def share_unequal_s(run: Run) -> float:
    """For how many seconds some two replicas had received the same and showed different things."""
    spans = pairwise([*run.moments(), END_S])
    return sum(b - a for a, b in spans if any(p.shown[0] != p.shown[1] for p in pairs_at(run, a)))
