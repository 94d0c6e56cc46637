"""What a kind of data does when the network is cut: a strategy as data, and a simulator that holds it to its needs.

"CP or AP" is not a property of a system. A game may lose sight of a player's position for a second and must never hand
out one sword twice; so the choice is made for each kind of data, and it has more parts than two letters.

The model
1. A kind of data lives under several keys, and some regions keep a copy: `copies`. Clients speak to their own region,
   which speaks to the copies. A message to another region takes `one_way_s`, within a region half a millisecond. It is
   lost if its link is cut when it leaves.
2. A read asks the `read` nearest copies and answers with the merge of what they hold. A write goes to the `write`
   nearest copies and is acknowledged when all of these have it. At every full second copies send each other what is
   new.
3. A region knows that a link is cut 0.5 s after the fact, or by an answer that does not come for so long. If it knows
   of too few copies that it can reach, the strategy says what happens: a read is refused, served from what is there as
   if nothing were wrong, or served and marked as possibly stale (`partition_read`); a write is refused, or accepted by
   the copies that can be reached and so only provisionally (`partition_write`).
4. `cache_s`: a region answers from its last answer, without asking, for so long after it has asked. It may do so later
   too when a read would be refused for want of copies and `partition_read` is not "refuse": max-age and stale-if-error
   of HTTP.
5. `stale_s`: nothing older is ever answered, from a cache or from copies. The age of an answer counts from the moment
   at which it was asked for; if the copies that answered need not overlap with those that confirm a write (read + write
   <= copies), it is counted from the last second at which one of them had heard from every other copy. None: no limit.
6. `merge` says what a copy makes of two states. "last_writer": the one with the later stamp is kept whole, so an
   addition to a list or a number is read, changed, and written back. "counter" and "set": changes are kept with their
   names, and united. "none": there is never anything to merge, because the changes of a key get one order by agreement
   (Paxos for a register, rule 7).
7. Agreement: a change asks `read` copies to promise to take part in no earlier ballot, applies itself to the latest
   accepted state among their answers, and has `write` copies accept the outcome. A copy that has promised more says no,
   and the change is tried again. A read asks `read` copies and has the latest state accepted by `write` copies if it
   does not stand there yet. This is linearizable if read + write > copies (flexible Paxos), and if nobody accepts
   provisionally.

Four shapes of data: a "register" is overwritten; a "counter" is added to; a "set" gets entries, none is removed; a
"claim" is taken by the first who wants it, and by nobody after.

What a kind of data needs is in `Needs`; `findings` measures a run by it, and `shortfalls` are the needs that it misses.

Left out: clocks that are wrong (stamps are true time here, which flatters "last_writer"), reconfiguration, crashes.
That a write survives the loss of any one region is judged by where it stands when it is acknowledged.

Sources: E. Brewer, "CAP Twelve Years Later", Computer 45 (2), 2012 (the choice by kind of data and of operation, and
compensation afterwards); S. Gilbert, N. Lynch, "Perspectives on the CAP Theorem", 2012, section 5 (segmenting);
R. Howard et al., "Flexible Paxos", OPODIS 2016; D. Rystsov, "CASPaxos", 2018; RFC 9111 and 5861 (caches).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import permutations
from random import Random
from typing import Any

from faultlab.models.pacelc import ONE_WAY_MS
from faultlab.sim.loop import Loop
from faultlab.sim.streams import stream

REFUSE, SERVE, MARK, ACCEPT = "refuse", "serve", "mark", "accept"
LAST_WRITER, COUNTER, SET, NONE = "last_writer", "counter", "set", "none"
REGISTER, CLAIM = "register", "claim"
READ, WRITE = "read", "write"
ANSWERED, REFUSED, UNKNOWN = "answered", "refused", "unknown"

LOCAL_S, NOTICE_S, BATCH_S, RETRY_S_MAX = 0.0005, 0.5, 1.0, 10.0
# Times are not ordinary for what is under way as a cut begins, and for a while after it.
FLIGHT_S, SETTLING_S = 2.0, 10.0

# What can merge which shape. A list of names merges a counter as well; a counter keeps no names.
MERGES = {
    REGISTER: (LAST_WRITER, NONE),
    COUNTER: (LAST_WRITER, COUNTER, SET, NONE),
    SET: (LAST_WRITER, SET, NONE),
    CLAIM: (LAST_WRITER, NONE),
}


@dataclass(frozen=True)
class Strategy:
    """What one kind of data does; the rules of the module say what each field means. ValueError for what makes no
    sense by itself; whether the regions and the merge fit the kind of data is found by `simulate`."""

    copies: tuple[str, ...]
    read: int = 1
    write: int = 1
    partition_read: str = REFUSE
    partition_write: str = REFUSE
    merge: str = LAST_WRITER
    cache_s: float = 0.0
    stale_s: float | None = None

    def __post_init__(self) -> None:
        n = len(self.copies)
        if not n or len(set(self.copies)) < n:
            raise ValueError("copies should be different regions, at least one")
        if not (1 <= self.read <= n and 1 <= self.write <= n):
            raise ValueError(f"read={self.read} and write={self.write} should be from 1 to {n}, the number of copies")
        if self.partition_read not in (REFUSE, SERVE, MARK) or self.partition_write not in (REFUSE, ACCEPT):
            raise ValueError("partition_read is refuse, serve or mark; partition_write is refuse or accept")
        if self.merge not in (LAST_WRITER, COUNTER, SET, NONE):
            raise ValueError(f"there is no merge {self.merge!r}")
        if not self.cache_s >= 0 or (self.stale_s is not None and not self.stale_s >= 0):
            raise ValueError("cache_s and stale_s should be numbers of seconds, from 0 on")

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Strategy:
        """A strategy from a dict of its fields; ValueError says what is wrong."""
        unknown = set(data) - set(cls.__dataclass_fields__)
        if unknown or "copies" not in data:
            raise ValueError(f"unknown key {sorted(unknown)[0]!r}" if unknown else "'copies' is missing")
        return cls(**{**data, "copies": tuple(data["copies"])})


@dataclass(frozen=True)
class Cut:
    """From `from_s` to `to_s` the regions `away` have no link to the others."""

    from_s: float
    to_s: float
    away: tuple[str, ...]

    def parts(self, a: str, b: str) -> bool:
        return (a in self.away) != (b in self.away)


@dataclass(frozen=True)
class System:
    """Regions, the links between them (`one_way_s` by pairs, in either order) and what happens to these."""

    name: str
    regions: tuple[str, ...]
    one_way_s: Mapping[tuple[str, str], float]
    cuts: tuple[Cut, ...]
    duration_s: float

    def delay_s(self, a: str, b: str) -> float:
        if a == b:
            return LOCAL_S
        return self.one_way_s[(a, b) if (a, b) in self.one_way_s else (b, a)]

    def is_cut(self, at_s: float) -> bool:
        return any(cut.from_s <= at_s < cut.to_s for cut in self.cuts)

    def is_ordinary(self, at_s: float) -> bool:
        """Neither during a cut nor close to one."""
        return not any(cut.from_s - FLIGHT_S <= at_s < cut.to_s + SETTLING_S for cut in self.cuts)


@dataclass(frozen=True)
class Needs:
    """What is demanded; None demands nothing.

    In ordinary times, in each region: `read_s_max` and `write_s_max` are met by 95 of 100 operations; 95 of 100 reads
    lack nothing that was acknowledged more than `stale_s_max` before.
    In cuts: `share_min` of the operations are answered in each region of `reads_answered_in` (only in cuts that last
    `cut_s_max` at most; None: in any) and of `writes_answered_in`; `reads_whole`, `writes_whole`: in each region that
    is not away this share is answered, not marked, and not provisional.
    Always: no read lacks what was acknowledged more than `age_s_max` before; `fresh`: a read that is not marked lacks
    nothing that was confirmed before it began; `one_order`: a claim and its reads, save marked ones, are linearizable;
    `none_lost`: what was acknowledged is there in the end; a confirmed write stands in `regions_min`
    regions when it is acknowledged; `settled_s` after a cut a read has all that was acknowledged before its end; at
    most `asked_max` questions to other regions for each 100 operations.
    """

    read_s_max: float | None = None
    write_s_max: float | None = None
    stale_s_max: float | None = None
    cut_s_max: float | None = None
    reads_answered_in: tuple[str, ...] = ()
    writes_answered_in: tuple[str, ...] = ()
    reads_whole: bool = False
    writes_whole: bool = False
    share_min: float = 0.97
    age_s_max: float | None = None
    fresh: bool = False
    one_order: bool = False
    none_lost: bool = False
    regions_min: int | None = None
    settled_s: float | None = None
    asked_max: float | None = None


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of data: who reads and writes it how often, and what it needs.

    Rates are for each second, by region, and keys are chosen at random. Of a claim `writes_per_s` is how many things
    are offered each second; clients of each region in `writes_per_s` want one with probability 1/2, all within 0.3 s,
    and somebody in each region of `reads_per_s` looks once within a second.
    """

    name: str
    system: System
    shape: str
    reads_per_s: Mapping[str, float]
    writes_per_s: Mapping[str, float]
    keys: int
    needs: Needs


Stamp = tuple[float, str]
State = tuple[Stamp, frozenset[int]]  # when and by whom (or the ballot), and the numbers of the writes that are in it
NOTHING: State = ((-1.0, ""), frozenset())
CUT_OFF = (-1.0, "")


@dataclass
class Operation:
    """One request: what it was, and what became of it.

    `held` is what a read answered, `stamp` that of a write under "last_writer". `provisional` is for reads and writes:
    there were too few copies. `regions` is the number of those where a write stands as it is acknowledged. A claim that
    came too late is answered, and `won` is false.
    """

    number: int
    kind: str
    region: str
    key: int
    start_s: float
    end_s: float = math.inf
    outcome: str = UNKNOWN
    provisional: bool = False
    marked: bool = False
    held: State = NOTHING
    stamp: Stamp = CUT_OFF
    regions: int = 0
    won: bool = True

    @property
    def latency_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def is_whole(self) -> bool:
        return self.outcome == ANSWERED and not self.provisional and not self.marked


@dataclass
class Result:
    """A run: its operations by their beginning, what the copies hold together in the end, when all has been sent and
    merged, and how many questions went to other regions."""

    kind: Kind
    strategy: Strategy
    operations: list[Operation]
    final: dict[int, State]
    asked: int

    @cached_property
    def writes(self) -> dict[int, list[Operation]]:
        """The acknowledged writes by key; of claims those that won."""
        found: dict[int, list[Operation]] = {}
        for op in self.operations:
            if op.kind == WRITE and op.outcome == ANSWERED and op.won:
                found.setdefault(op.key, []).append(op)
        return found

    def lacks(self, state: State, write: Operation) -> bool:
        """Is this write neither in the state nor overwritten in it?"""
        if self.kind.shape == REGISTER and self.strategy.merge == LAST_WRITER:
            return write.stamp > state[0]
        return write.number not in state[1]


# ---------------------------------------------------------------- requests


@lru_cache(maxsize=32)
def requests(kind: Kind, seed: int) -> tuple[tuple[float, str, str, int], ...]:
    """(moment, read or write, region, key) in the order of time: the same for every strategy."""
    return tuple(sorted(_claims(kind, seed) if kind.shape == CLAIM else _traffic(kind, seed)))


def _moments(rng: Random, rate_per_s: float, until_s: float) -> Iterable[float]:
    now_s = rng.expovariate(rate_per_s) if rate_per_s else until_s
    while now_s < until_s:
        yield now_s
        now_s += rng.expovariate(rate_per_s)


def _traffic(kind: Kind, seed: int) -> Iterable[tuple[float, str, str, int]]:
    for what, rates in ((READ, kind.reads_per_s), (WRITE, kind.writes_per_s)):
        for region, rate in rates.items():
            rng = stream(seed, kind.name, what, region)
            for at_s in _moments(rng, rate, kind.system.duration_s):
                yield at_s, what, region, rng.randrange(kind.keys)


def _claims(kind: Kind, seed: int) -> Iterable[tuple[float, str, str, int]]:
    rng = stream(seed, kind.name, "offers")
    rate = max(kind.writes_per_s.values())
    for key, at_s in enumerate(_moments(rng, rate, kind.system.duration_s - 1)):
        for region in kind.writes_per_s:
            if rng.random() < 0.5:
                yield at_s + rng.uniform(0, 0.3), WRITE, region, key
        for region in kind.reads_per_s:
            yield at_s + rng.uniform(0, 1), READ, region, key


# ---------------------------------------------------------------- the simulation


@dataclass
class _Round:
    """Questions from `region` to `targets`; what asked goes on when `wanted` have answered, or after NOTICE_S."""

    region: str
    targets: list[str]
    wanted: int
    ask: Callable[[str], Any]
    answers: list[Any] = field(default_factory=list)
    timer: int = 0
    over: bool = False


# A client's request is a generator: it yields a round and gets its answers, or seconds to wait.
Steps = Generator[Any, Any, Any]


class _Run:
    def __init__(self, kind: Kind, strategy: Strategy, seed: int) -> None:
        self.kind, self.system, self.strategy = kind, kind.system, strategy
        self.loop = Loop()
        self.rng = stream(seed, kind.name, "retries")
        self.n = len(strategy.copies)
        self.union = strategy.merge in (COUNTER, SET)
        self.states: dict[str, dict[int, State]] = {copy: {} for copy in strategy.copies}
        self.promised: dict[tuple[str, int], Stamp] = {}
        self.ballots: dict[int, float] = {}
        self.news: dict[tuple[str, str], set[int]] = {pair: set() for pair in permutations(strategy.copies, 2)}
        # By region and key: when it was asked for, since when its content may be out of date, the content, and whether
        # that was marked. Caches are warm: at 0 s there is nothing that they could have missed.
        self.cache: dict[tuple[str, int], tuple[float, float, State, bool]] = {}
        self.delays = {(a, b): self.system.delay_s(a, b) for a in self.system.regions for b in self.system.regions}
        self.nearest = {
            region: sorted(strategy.copies, key=lambda copy: self.delays[region, copy])
            for region in self.system.regions
        }
        self.heard_s = {a: {b: 0.0 for b in strategy.copies if b != a} for a in strategy.copies}
        self.cut: Cut | None = None
        self.asked = 0
        self.operations: list[Operation] = []

    def run(self, seed: int) -> Result:
        for cut in self.system.cuts:
            self.loop.at(cut.from_s, setattr, self, "cut", cut)
            self.loop.at(cut.to_s, setattr, self, "cut", None)
        for number, (at_s, what, region, key) in enumerate(requests(self.kind, seed)):
            operation = Operation(number, what, region, key, at_s)
            self.operations.append(operation)
            self.loop.at(at_s, self._begin, operation)
        for tick in range(1, int(self.system.duration_s) + 4):
            self.loop.at(tick * BATCH_S, self._batch)
        self.loop.run()
        keys = {key for states in self.states.values() for key in states}
        final = {key: self._merged(held.get(key, NOTHING) for held in self.states.values()) for key in keys}
        return Result(self.kind, self.strategy, self.operations, final, self.asked)

    # Messages

    def _begin(self, operation: Operation) -> None:
        if operation.kind == READ:
            steps = self._read(operation)
        elif self.strategy.merge == NONE:
            steps = self._agree(operation)
        else:
            steps = self._write(operation)
        self._go_on(steps, None)

    def _go_on(self, steps: Steps, value: Any) -> None:
        try:
            wanted = steps.send(value)
        except StopIteration:
            return
        if isinstance(wanted, float):
            self.loop.after(wanted, self._go_on, steps, None)
            return
        wanted.timer = self.loop.after(NOTICE_S, self._over, wanted, steps)
        for target in wanted.targets:
            self.asked += target != wanted.region
            if self._linked(wanted.region, target):
                self.loop.after(self.delays[wanted.region, target], self._arrives, wanted, steps, target)

    def _linked(self, a: str, b: str) -> bool:
        return self.cut is None or not self.cut.parts(a, b)

    def _arrives(self, asked: _Round, steps: Steps, target: str) -> None:
        answer = asked.ask(target)
        if self._linked(target, asked.region):
            self.loop.after(self.delays[target, asked.region], self._answers, asked, steps, answer)

    def _answers(self, asked: _Round, steps: Steps, answer: Any) -> None:
        if asked.over:
            return
        asked.answers.append(answer)
        if len(asked.answers) >= asked.wanted:
            self.loop.cancel(asked.timer)
            self._over(asked, steps)

    def _over(self, asked: _Round, steps: Steps) -> None:
        asked.over = True
        self._go_on(steps, asked.answers)

    def _known(self, region: str) -> list[str]:
        """The copies that this region believes it can reach, the nearest first."""
        cut, nearest = self.cut, self.nearest[region]
        if cut is None or self.loop.now_s < cut.from_s + NOTICE_S:
            return nearest
        return [copy for copy in nearest if not cut.parts(region, copy)]

    # Copies

    def _merged(self, states: Iterable[State]) -> State:
        best = NOTHING
        for state in states:
            if self.union:
                best = (max(best[0], state[0]), best[1] | state[1])
            elif state[0] > best[0]:
                best = state
        return best

    def _keep(self, copy: str, key: int, state: State, is_news: bool = True) -> bool:
        """The copy takes this state in; false if it has promised not to (rule 7)."""
        if self.strategy.merge == NONE:
            if self.promised.get((copy, key), CUT_OFF) > state[0]:
                return False
            self.promised[copy, key] = state[0]
        old = self.states[copy].get(key, NOTHING)
        new = self._merged((old, state))
        if new != old:
            self.states[copy][key] = new
            for other in self.strategy.copies if is_news else ():
                if other != copy:
                    self.news[copy, other].add(key)
        return True

    def _promise(self, copy: str, key: int, ballot: Stamp) -> tuple[bool, State]:
        known = self.promised.get((copy, key), CUT_OFF)
        if known < ballot:
            self.promised[copy, key] = ballot
        return known < ballot, self.states[copy].get(key, NOTHING)

    def _batch(self) -> None:
        """Rule 2, the last sentence."""
        for (source, target), keys in self.news.items():
            if (keys or self.strategy.stale_s is not None) and self._linked(source, target):
                states = {key: self.states[source][key] for key in keys}
                keys.clear()
                self.loop.after(self.delays[source, target], self._take_in, source, target, states, self.loop.now_s)

    def _take_in(self, source: str, copy: str, states: dict[int, State], sent_s: float) -> None:
        self.heard_s[copy][source] = sent_s
        for key, state in states.items():
            self._keep(copy, key, state, is_news=False)

    def _look(self, copy: str, key: int) -> tuple[State, float]:
        """What the copy holds, and since when it may have missed something (rule 5)."""
        return self.states[copy].get(key, NOTHING), min(self.heard_s[copy].values(), default=self.loop.now_s)

    # Reads

    def _read(self, op: Operation) -> Steps:
        s = self.strategy
        if s.cache_s and self._from_cache(op, s.cache_s):
            return
        while self.loop.now_s - op.start_s < RETRY_S_MAX:
            known = self._known(op.region)
            if len(known) < s.read:
                break
            asked_s = self.loop.now_s
            answers = yield _Round(op.region, known[: s.read], s.read, lambda copy: self._look(copy, op.key))
            if len(answers) < s.read:
                continue
            held = self._merged(state for state, _since_s in answers)
            if s.merge == NONE and not (yield from self._stands(op, known, [state for state, _ in answers], held)):
                yield self._pause(op)
                continue
            self._told(op, held, asked_s, answers)
            return
        else:
            return
        yield from self._read_apart(op, known)

    def _read_apart(self, op: Operation, known: list[str]) -> Steps:
        """Rule 3: too few copies can be reached."""
        op.provisional, op.marked = True, self.strategy.partition_read == MARK
        if self.strategy.partition_read == REFUSE:
            self._refuse(op)
            return
        asked_s, answers = self.loop.now_s, []
        if known:
            answers = yield _Round(op.region, known, len(known), lambda copy: self._look(copy, op.key))
        if answers:
            self._told(op, self._merged(state for state, _since_s in answers), asked_s, answers)
        elif not self._from_cache(op, math.inf):
            self._refuse(op)

    def _stands(self, op: Operation, known: list[str], states: list[State], held: State) -> Steps:
        """Rule 7: is what is going to be answered accepted by enough copies, or can it be?"""
        s = self.strategy
        if held == NOTHING or s.read + s.write <= self.n or states.count(held) >= s.write:
            return True
        if len(known) < s.write:
            return False
        oks = yield _Round(op.region, known[: s.write], s.write, lambda copy: self._keep(copy, op.key, held))
        return oks.count(True) >= s.write

    def _told(self, op: Operation, held: State, asked_s: float, answers: list[tuple[State, float]]) -> None:
        """An answer, unless it is too old (rule 5)."""
        overlaps = len(answers) + self.strategy.write > self.n
        since_s = asked_s if overlaps else min(asked_s, max(since_s for _state, since_s in answers))
        if self.strategy.cache_s:
            self.cache[op.region, op.key] = (asked_s, since_s, held, op.marked)
        self._answer(op, held, since_s)

    def _answer(self, op: Operation, held: State, since_s: float) -> bool:
        if self.strategy.stale_s is not None and self.loop.now_s - since_s > self.strategy.stale_s:
            return self._refuse(op)
        op.outcome, op.end_s, op.held = ANSWERED, self.loop.now_s, held
        return True

    def _from_cache(self, op: Operation, age_s_max: float) -> bool:
        """Answered from the cache, if that was filled no longer ago?"""
        now_s, stale_s = self.loop.now_s, self.strategy.stale_s
        if not self.strategy.cache_s:
            return False
        asked_s, since_s, held, marked = self.cache.get((op.region, op.key), (0.0, 0.0, NOTHING, False))
        if now_s - asked_s > age_s_max or (stale_s is not None and now_s - since_s > stale_s):
            return False
        op.marked |= marked
        return self._answer(op, held, since_s)

    def _refuse(self, op: Operation) -> bool:
        op.outcome, op.end_s = REFUSED, self.loop.now_s
        return False

    # Writes

    def _write(self, op: Operation) -> Steps:
        s = self.strategy
        tried = False
        while True:
            known = self._known(op.region)
            op.provisional = len(known) < s.write
            if op.provisional and (s.partition_write == REFUSE or not known):
                if not tried:  # what was tried may stand somewhere
                    self._refuse(op)
                return
            tried = True
            if (yield from self._put(op, known, min(s.write, len(known)))):
                op.outcome, op.end_s = ANSWERED, self.loop.now_s
                op.regions = self._standing(op)
                return
            if self.loop.now_s - op.start_s > RETRY_S_MAX:
                return

    def _put(self, op: Operation, known: list[str], wanted: int) -> Steps:
        """Rule 6: a change with its name, or the whole state with a stamp. Whether enough copies have it."""
        held = NOTHING
        if not self.union and self.kind.shape != REGISTER:
            first = known[: self.strategy.read]
            looked = yield _Round(op.region, first, len(first), lambda copy: self._look(copy, op.key))
            if len(looked) < len(first):
                return False
            held = self._merged(state for state, _since_s in looked)
            if self.kind.shape == CLAIM and held[1] - {op.number}:
                op.won = False
                return True
        op.stamp = (self.loop.now_s, op.region)
        new = (op.stamp, held[1] | {op.number})
        done = yield _Round(op.region, known[:wanted], wanted, lambda copy: self._keep(copy, op.key, new))
        return len(done) >= wanted

    def _agree(self, op: Operation) -> Steps:
        """Rule 7: the change of a key, by ballots."""
        s, tried = self.strategy, False
        while self.loop.now_s - op.start_s < RETRY_S_MAX:
            known = self._known(op.region)
            op.provisional = len(known) < max(s.read, s.write)
            if op.provisional and (s.partition_write == REFUSE or not known):
                if not tried:
                    self._refuse(op)
                return
            tried = True
            if (yield from self._ballot(op, known[: s.read], known[: s.write])):
                op.outcome, op.end_s = ANSWERED, self.loop.now_s
                op.regions = self._standing(op)
                return
            yield self._pause(op)

    def _ballot(self, op: Operation, promising: list[str], accepting: list[str]) -> Steps:
        self.ballots[op.key] = self.ballots.get(op.key, 0.0) + 1
        ballot = (self.ballots[op.key], op.region)
        promises = yield _Round(op.region, promising, len(promising), lambda copy: self._promise(copy, op.key, ballot))
        if len(promises) < len(promising):
            return False
        states = [state for _promised, state in promises]
        held = self._merged(states)
        op.won = not (self.kind.shape == CLAIM and held[1] - {op.number})
        if not op.won and states.count(held) >= self.strategy.write:
            return True  # it is decided, whatever was promised
        if not all(promised for promised, _state in promises):
            return False
        new = (ballot, held[1] | {op.number} if op.won else held[1])
        oks = yield _Round(op.region, accepting, len(accepting), lambda copy: self._keep(copy, op.key, new))
        return oks.count(True) >= len(accepting)

    def _pause(self, op: Operation) -> float:
        """Two who outbid each other wait for different times, and for longer the longer it has taken."""
        return self.rng.uniform(0.3, 1.0) * (0.1 + self.loop.now_s - op.start_s)

    def _standing(self, op: Operation) -> int:
        """In how many regions a write stands now."""
        states = (self.states[copy].get(op.key, NOTHING) for copy in self.strategy.copies)
        return sum(op.number in state[1] or op.stamp < state[0] != CUT_OFF for state in states)


def simulate(kind: Kind, strategy: Strategy, seed: int = 1) -> Result:
    """The requests of this kind of data under this strategy.

    ValueError if it names a region that the system does not have, or a merge that its shape of data cannot have.
    """
    strange = [region for region in strategy.copies if region not in kind.system.regions]
    if strange:
        raise ValueError(f"{kind.system.name} has no region {strange[0]!r}")
    if strategy.merge not in MERGES[kind.shape]:
        raise ValueError(f"{kind.name}: the merge {strategy.merge!r} is not for data of the shape {kind.shape!r}")
    return _Run(kind, strategy, seed).run(seed)


# ---------------------------------------------------------------- needs


@dataclass(frozen=True)
class Finding:
    """What a run shows of one need (the name of a field of `Needs`).

    `wanted` is what was demanded and `got` what came, where it was worst, which is in `region` (empty where a need has
    none): a time in seconds, a share, a number of regions or of questions. `by_region` has it for each region where the
    need is held to each. `faults` operations are to blame, `first` is the first of them; 0 and None where it is a
    matter of times, and of needs that are met.
    """

    need: str
    met: bool
    wanted: float
    got: float
    region: str = ""
    by_region: Mapping[str, float] = field(default_factory=dict)
    faults: int = 0
    first: Operation | None = None


def percentile(values: Iterable[float], percent: float) -> float:
    """What `percent` % of the values do not exceed; 0 if there are none."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(len(ordered) * percent / 100)) - 1] if ordered else 0.0


def findings(result: Result) -> list[Finding]:
    """What this run shows of every need of its kind of data."""
    return [*_of_times(result), *_of_shares(result), *_of_answers(result), *_of_writes(result)]


def shortfalls(result: Result) -> list[Finding]:
    """The needs of the kind of data that this run did not meet."""
    return [finding for finding in findings(result) if not finding.met]


def _of_times(result: Result) -> Iterable[Finding]:
    needs, system = result.kind.needs, result.kind.system
    ordinary = [op for op in result.operations if system.is_ordinary(op.start_s)]
    for need, what, most in (("read_s_max", READ, needs.read_s_max), ("write_s_max", WRITE, needs.write_s_max)):
        if most is not None:
            # Who is refused waits for ever.
            took_s = [(op, op.latency_s if op.outcome == ANSWERED else math.inf) for op in ordinary if op.kind == what]
            yield _slowest(need, system, most, took_s)
    if needs.stale_s_max is not None:
        reads = [op for op in ordinary if (op.kind, op.outcome) == (READ, ANSWERED)]
        yield _slowest("stale_s_max", system, needs.stale_s_max, [(op, staleness_s(result, op)) for op in reads])
    if needs.asked_max is not None:
        asked = 100 * result.asked / max(1, len(result.operations))
        yield Finding("asked_max", asked <= needs.asked_max, needs.asked_max, asked)


def _slowest(need: str, system: System, most: float, took_s: list[tuple[Operation, float]]) -> Finding:
    """95 of 100 in each region that has any."""
    by_region = {
        region: percentile(seconds, 95)
        for region in system.regions
        if (seconds := [s for op, s in took_s if op.region == region])
    }
    worst = max(by_region, key=lambda region: by_region[region], default="")
    got = by_region.get(worst, 0.0)
    return Finding(need, got <= most, most, got, worst, by_region)


def _of_shares(result: Result) -> Iterable[Finding]:
    needs, system = result.kind.needs, result.kind.system
    during = [(op, cut) for cut in system.cuts for op in result.operations if cut.from_s <= op.start_s < cut.to_s]
    for what, answered_in, whole in (
        (READ, needs.reads_answered_in, needs.reads_whole),
        (WRITE, needs.writes_answered_in, needs.writes_whole),
    ):
        ops = [(op, cut) for op, cut in during if op.kind == what]
        if answered_in:
            most_s = needs.cut_s_max if what == READ and needs.cut_s_max is not None else math.inf
            asked = [op for op, cut in ops if cut.to_s - cut.from_s <= most_s and op.region in answered_in]
            yield _share(f"{what}s_answered_in", needs, asked, lambda op: op.outcome == ANSWERED)
        if whole:
            asked = [op for op, cut in ops if op.region not in cut.away]
            yield _share(f"{what}s_whole", needs, asked, lambda op: op.is_whole)


def _share(need: str, needs: Needs, asked: list[Operation], good: Callable[[Operation], bool]) -> Finding:
    """The share of the good ones in each region; where it is too small, the bad ones are to blame."""
    by_region = {}
    for region in dict.fromkeys(op.region for op in asked):
        there = [op for op in asked if op.region == region]
        by_region[region] = sum(map(good, there)) / len(there)
    worst = min(by_region, key=lambda region: by_region[region], default="")
    got = by_region.get(worst, 1.0)
    bad = [op for op in asked if by_region[op.region] < needs.share_min and not good(op)]
    return Finding(need, not bad, needs.share_min, got, worst, by_region, len(bad), bad[0] if bad else None)


def staleness_s(result: Result, read: Operation, writes: Iterable[Operation] | None = None) -> float:
    """How long before the read began the first write was acknowledged that it lacks; 0 if it lacks none."""
    if writes is None:
        writes = result.writes.get(read.key, ())
    missed = [w.end_s for w in writes if w.end_s < read.start_s and result.lacks(read.held, w)]
    return read.start_s - min(missed) if missed else 0.0


def _of_answers(result: Result) -> Iterable[Finding]:
    """What reads must not answer."""
    needs, system = result.kind.needs, result.kind.system
    writes = result.writes
    confirmed = {key: [w for w in found if not w.provisional] for key, found in writes.items()}
    reads = [op for op in result.operations if op.kind == READ and op.outcome == ANSWERED]
    if needs.age_s_max is not None:
        yield _oldest("age_s_max", needs.age_s_max, needs.age_s_max, [(staleness_s(result, op), op) for op in reads])
    if needs.fresh:
        ages = [(staleness_s(result, op, confirmed.get(op.key, ())), op) for op in reads if not op.marked]
        yield _oldest("fresh", 0.0, 0.0, ages)
    if needs.one_order:
        yield _faults("one_order", [op for op in map(not_in_one_order, _by_key(result).values()) if op])
    if needs.settled_s is not None:
        ages = []
        for cut in system.cuts:
            late = [op for op in reads if op.start_s >= cut.to_s + needs.settled_s and not system.is_cut(op.start_s)]
            before = {key: [w for w in found if w.end_s < cut.to_s] for key, found in writes.items()}
            ages += [(staleness_s(result, op, before.get(op.key, ())), op) for op in late]
        yield _oldest("settled_s", needs.settled_s, 0.0, ages)


def _oldest(need: str, wanted: float, most_s: float, ages: list[tuple[float, Operation]]) -> Finding:
    """No read lacks anything older than `most_s`; `got` is the most that any lacks."""
    got, bad = max((age for age, _op in ages), default=0.0), {op.number: op for age, op in ages if age > most_s}
    return _faults(need, list(bad.values()), wanted, got)


def _faults(need: str, bad: list[Operation], wanted: float = 0.0, got: float | None = None) -> Finding:
    """A need that no operation may miss; `got` is their number, unless something else was measured."""
    first = min(bad, key=lambda op: op.start_s, default=None)
    region = first.region if first else ""
    return Finding(need, not bad, wanted, len(bad) if got is None else got, region, {}, len(bad), first)


def _by_key(result: Result) -> dict[int, list[Operation]]:
    found: dict[int, list[Operation]] = {}
    for op in result.operations:
        found.setdefault(op.key, []).append(op)
    return found


def not_in_one_order(operations: Iterable[Operation]) -> Operation | None:
    """The operation that spoils the linearizability of one claim; None if there is an order.

    A claim changes once, so there is an order if a moment can be found at which it does: after the beginning of the
    winner and of all that still found it free, before the end of the winner and of all that found it taken. (This is
    what a general checker would find; the tests compare.)
    """
    ops = list(operations)
    won = [op for op in ops if op.kind == WRITE and op.outcome == ANSWERED and op.won]
    if len(won) > 1:
        return sorted(won, key=lambda op: op.end_s)[1]
    told = [op for op in ops if op.outcome == ANSWERED and not op.marked]
    taken = [op for op in told if (op.kind == READ and op.held[1]) or (op.kind == WRITE and not op.won)]
    free = [op for op in told if op.kind == READ and not op.held[1]]
    # Whoever got no answer may have taken it, at any time since it began.
    may_have = won or [op for op in ops if op.kind == WRITE and op.outcome == UNKNOWN]
    if not taken and not won:
        return None
    if not may_have:
        return taken[0]
    latest_s = min(op.end_s for op in (*taken, *won))
    if min(op.start_s for op in may_have) > latest_s:
        return min(taken, key=lambda op: op.end_s)
    return next((op for op in free if op.start_s > latest_s), None)


def _of_writes(result: Result) -> Iterable[Finding]:
    needs = result.kind.needs
    writes = [op for found in result.writes.values() for op in found]
    if needs.none_lost:
        yield _faults("none_lost", [w for w in writes if result.lacks(result.final.get(w.key, NOTHING), w)])
    if needs.regions_min is not None:
        confirmed = [op for op in writes if not op.provisional]
        thin = [op for op in confirmed if op.regions < needs.regions_min]
        got = min((op.regions for op in confirmed), default=needs.regions_min)
        yield _faults("regions_min", thin, needs.regions_min, got)


# ---------------------------------------------------------------- three systems

GAME = System(
    "game",
    ("eu", "us", "asia", "oce"),
    {pair: ms / 1_000 for pair, ms in ONE_WAY_MS.items()},
    (Cut(15, 30, ("asia",)), Cut(45, 60, ("eu",)), Cut(75, 90, ("us",))),
    150.0,
)  # fmt: skip
CLINIC = System(
    "clinic",
    ("city", "second", "west", "north"),
    {("city", "second"): 0.005, ("city", "west"): 0.008, ("second", "west"): 0.009, ("city", "north"): 0.015,
     ("second", "north"): 0.016, ("west", "north"): 0.006},
    (Cut(20, 60, ("north",)),),
    90.0,
)  # fmt: skip
CDN = System("cdn", GAME.regions, GAME.one_way_s, (Cut(40, 60, ("asia",)), Cut(90, 190, ("asia",))), 270.0)
PEERS = ("eu", "us", "oce")


def _rates(system: System, per_s: float) -> dict[str, float]:
    return dict.fromkeys(system.regions, per_s)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("position", GAME, REGISTER, _rates(GAME, 1.5), _rates(GAME, 1.5), 12, Needs(
            read_s_max=0.03, write_s_max=0.03, stale_s_max=2.0, reads_answered_in=GAME.regions,
            writes_answered_in=GAME.regions)),
        Kind("score", GAME, COUNTER, _rates(GAME, 0.8), _rates(GAME, 1.2), 4, Needs(
            read_s_max=0.3, write_s_max=0.03, reads_answered_in=GAME.regions, writes_answered_in=GAME.regions,
            none_lost=True, settled_s=5.0)),
        Kind("trade", GAME, CLAIM, _rates(GAME, 0.8), _rates(GAME, 0.8), 0, Needs(
            read_s_max=4.0, write_s_max=4.0, reads_whole=True, writes_whole=True, share_min=0.9, one_order=True,
            none_lost=True, regions_min=2)),
        Kind("allergies", CLINIC, SET, _rates(CLINIC, 1.5), _rates(CLINIC, 0.7), 5, Needs(
            read_s_max=0.2, write_s_max=0.2, reads_answered_in=CLINIC.regions, writes_answered_in=CLINIC.regions,
            reads_whole=True, writes_whole=True, fresh=True, none_lost=True, settled_s=5.0)),
        Kind("results", CLINIC, SET, _rates(CLINIC, 2), _rates(CLINIC, 0.7), 5, Needs(
            read_s_max=0.005, write_s_max=0.1, reads_answered_in=CLINIC.regions, writes_answered_in=CLINIC.regions,
            writes_whole=True, none_lost=True, regions_min=2, settled_s=5.0)),
        Kind("dispensing", CLINIC, CLAIM, _rates(CLINIC, 1), _rates(CLINIC, 1), 0, Needs(
            read_s_max=1.0, write_s_max=1.0, reads_answered_in=CLINIC.regions, reads_whole=True,
            writes_whole=True, share_min=0.9, one_order=True, none_lost=True, regions_min=2)),
        Kind("files", CDN, REGISTER, _rates(CDN, 1.2), {}, 40, Needs(
            read_s_max=0.02, reads_answered_in=CDN.regions, asked_max=2.0)),
        Kind("pages", CDN, REGISTER, _rates(CDN, 1.2), {"eu": 0.2}, 4, Needs(
            stale_s_max=60.0, reads_answered_in=CDN.regions, settled_s=60.0, asked_max=30.0)),
        Kind("takedowns", CDN, SET, _rates(CDN, 1.2), {"eu": 0.1, "us": 0.2, "oce": 0.2}, 4, Needs(
            cut_s_max=30.0, reads_answered_in=CDN.regions, writes_answered_in=PEERS, age_s_max=60.0,
            none_lost=True, asked_max=40.0)),
    )
}  # fmt: skip

# A kind of data that is not in the assignment: its text works through it.
EXAMPLE = Kind("profile", GAME, REGISTER, _rates(GAME, 1.0), _rates(GAME, 0.2), 20, Needs(
    read_s_max=0.03, write_s_max=0.5, reads_answered_in=GAME.regions, regions_min=2))  # fmt: skip
