"""CRDTs: replicas that may always be written, and still agree (Shapiro, Preguiça, Baquero, Zawirski, 2011).

Each replica changes its own state at once, alone, and sends the state to the others when it can. Whoever receives a
state merges it into its own. Messages may be lost, doubled, delayed, and come in any order. Strong eventual
consistency: replicas that have received the same updates are in the same state, in whatever way they received them. No
votes, no locks, no going back.

It works when the states form a join semilattice:
1. `merge` is the least upper bound: commutative, associative, idempotent. Then order, grouping and repetition of
   merges do not matter.
2. An update only moves the state up: `state <= state.update(...)`. Then a merge never undoes what another replica did.
Idempotence is what people forget: "add the two counters" is commutative and associative, and counts every message
that comes twice twice.

Here every type is a value: updates and `merge` return a new one. `a <= b` is the order of the lattice, "b knows all
that a knows"; `value` is what a user sees; `size` counts the numbers and names that the state carries besides the
user's own data, the price of the type.

    GCounter         counts up; an entry for each replica, merged by maximum
    PNCounter        up and down: two of them. Its value is no lattice: it may go down
    GSet             a set that only grows
    TwoPhaseSet      removed once is removed for ever
    LWWRegister      the last writer wins by its timestamp: concurrent writes are lost, and say nothing
    MVRegister       keeps every concurrent write as a sibling, for somebody else to settle
    ORSetNaive       observed-remove set: a removal takes the additions that it has seen, with tombstones for ever
    ORSet            the same without tombstones: a version vector says what has been seen

Left out: operation-based types, which need a network that delivers each operation once and in causal order; deltas
(Almeida et al., 2015), which send the part of a state that changed; sequences for text.

Sources: M. Shapiro, N. Preguiça, C. Baquero, M. Zawirski, "Conflict-free Replicated Data Types", SSS 2011, and "A
comprehensive study of Convergent and Commutative Replicated Data Types", INRIA RR-7506, 2011 (specifications 6, 7, 8,
10, 12, 15); A. Bieniusa et al., "An Optimized Conflict-free Replicated Set", INRIA RR-8083, 2012.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from faultlab.models.clocks import VectorClock

# An update of a replica: its name, and the number of the update there. No two updates have the same.
Dot = tuple[str, int]


@dataclass(frozen=True)
class GCounter:
    """A counter that only grows: `counts` says how much each replica has added."""

    counts: VectorClock = field(default_factory=VectorClock)

    def add(self, replica: str, by: int = 1) -> GCounter:
        """The counter after `replica` added `by`; ValueError for a negative number."""
        if type(by) is not int or by < 0:
            raise ValueError(f"a grow-only counter adds whole numbers from 0 on, not {by!r}")
        return GCounter(VectorClock({**self.counts, replica: self.counts[replica] + by}))

    @property
    def value(self) -> int:
        return sum(self.counts.values())

    def merge(self, other: GCounter) -> GCounter:
        return GCounter(self.counts.merge(other.counts))

    def __le__(self, other: GCounter) -> bool:
        return self.counts <= other.counts

    @property
    def size(self) -> int:
        return len(self.counts)


@dataclass(frozen=True)
class PNCounter:
    """A counter that goes up and down: what was added, and what was taken away."""

    added: GCounter = field(default_factory=GCounter)
    taken: GCounter = field(default_factory=GCounter)

    def add(self, replica: str, by: int = 1) -> PNCounter:
        """The counter after `replica` added `by`, which may be negative."""
        if by < 0:
            return PNCounter(self.added, self.taken.add(replica, -by))
        return PNCounter(self.added.add(replica, by), self.taken)

    @property
    def value(self) -> int:
        return self.added.value - self.taken.value

    def merge(self, other: PNCounter) -> PNCounter:
        return PNCounter(self.added.merge(other.added), self.taken.merge(other.taken))

    def __le__(self, other: PNCounter) -> bool:
        return self.added <= other.added and self.taken <= other.taken

    @property
    def size(self) -> int:
        return self.added.size + self.taken.size


@dataclass(frozen=True)
class GSet:
    """A set that only grows."""

    items: frozenset[Hashable] = frozenset()

    def add(self, item: Hashable) -> GSet:
        return GSet(self.items | {item})

    @property
    def value(self) -> frozenset[Hashable]:
        return self.items

    def merge(self, other: GSet) -> GSet:
        return GSet(self.items | other.items)

    def __le__(self, other: GSet) -> bool:
        return self.items <= other.items

    @property
    def size(self) -> int:
        return 0


@dataclass(frozen=True)
class TwoPhaseSet:
    """Additions and removals as two growing sets: what was removed once cannot come back."""

    added: GSet = field(default_factory=GSet)
    removed: GSet = field(default_factory=GSet)

    def add(self, item: Hashable) -> TwoPhaseSet:
        return TwoPhaseSet(self.added.add(item), self.removed)

    def remove(self, item: Hashable) -> TwoPhaseSet:
        """The set without `item`; one that is not in it stays as it was."""
        return TwoPhaseSet(self.added, self.removed.add(item)) if item in self.value else self

    @property
    def value(self) -> frozenset[Hashable]:
        return self.added.items - self.removed.items

    def merge(self, other: TwoPhaseSet) -> TwoPhaseSet:
        return TwoPhaseSet(self.added.merge(other.added), self.removed.merge(other.removed))

    def __le__(self, other: TwoPhaseSet) -> bool:
        return self.added <= other.added and self.removed <= other.removed

    @property
    def size(self) -> int:
        return len(self.removed.items)


@dataclass(frozen=True)
class LWWRegister:
    """One value, the one with the greatest (time, replica). The clocks decide, right or wrong: whoever's clock is ahead
    wins for as long as it is ahead, and the other write is gone without a word."""

    content: Any = None
    stamp: tuple[float, str] = (float("-inf"), "")

    def write(self, replica: str, content: Any, time_s: float) -> LWWRegister:
        """The register after a write at `time_s` of the replica's own clock. A write with an older stamp than the
        register has is lost at once, even to its own writer."""
        stamp = (time_s, replica)
        return LWWRegister(content, stamp) if stamp > self.stamp else self

    @property
    def value(self) -> Any:
        return self.content

    def merge(self, other: LWWRegister) -> LWWRegister:
        return other if other.stamp > self.stamp else self

    def __le__(self, other: LWWRegister) -> bool:
        return self.stamp <= other.stamp

    @property
    def size(self) -> int:
        return 2


@dataclass(frozen=True)
class MVRegister:
    """Every value that no later write has replaced. A write replaces what its writer saw; concurrent writes stay side
    by side, as siblings, until somebody who has seen them writes again."""

    siblings: frozenset[tuple[Dot, Hashable]] = frozenset()
    seen: VectorClock = field(default_factory=VectorClock)

    def write(self, replica: str, content: Hashable) -> MVRegister:
        seen = self.seen.tick(replica)
        return MVRegister(frozenset({((replica, seen[replica]), content)}), seen)

    @property
    def value(self) -> tuple[Hashable, ...]:
        """The siblings, in the order of their dots."""
        return tuple(content for _dot, content in sorted(self.siblings, key=lambda pair: pair[0]))

    def merge(self, other: MVRegister) -> MVRegister:
        kept = _kept(self.siblings, self.seen, other.siblings, other.seen)
        return MVRegister(kept, self.seen.merge(other.seen))

    def __le__(self, other: MVRegister) -> bool:
        return self.merge(other) == other

    @property
    def size(self) -> int:
        return len(self.seen) + len(self.siblings)


def _kept(mine: frozenset, my_seen: VectorClock, theirs: frozenset, their_seen: VectorClock) -> frozenset:
    """What two replicas still hold, as pairs (dot, ...): what both hold, and what one holds and the other has not seen.
    What the other has seen and does not hold, it has replaced or removed."""
    new_here = frozenset(pair for pair in theirs if pair[0][1] > my_seen[pair[0][0]])
    new_there = frozenset(pair for pair in mine if pair[0][1] > their_seen[pair[0][0]])
    return (mine & theirs) | new_here | new_there


@dataclass(frozen=True)
class ORSetNaive:
    """A set in which an addition wins over a concurrent removal: each addition has a tag of its own, a removal names
    the tags that it saw. The names of removed tags (tombstones) stay for ever."""

    added: frozenset[tuple[Dot, Hashable]] = frozenset()
    removed: frozenset[tuple[Dot, Hashable]] = frozenset()
    counts: VectorClock = field(default_factory=VectorClock)

    def add(self, replica: str, item: Hashable) -> ORSetNaive:
        counts = self.counts.tick(replica)
        return ORSetNaive(self.added | {((replica, counts[replica]), item)}, self.removed, counts)

    def remove(self, item: Hashable) -> ORSetNaive:
        seen = frozenset(pair for pair in self.added if pair[1] == item)
        return ORSetNaive(self.added, self.removed | seen, self.counts)

    @property
    def value(self) -> frozenset[Hashable]:
        return frozenset(item for _dot, item in self.added - self.removed)

    def merge(self, other: ORSetNaive) -> ORSetNaive:
        return ORSetNaive(self.added | other.added, self.removed | other.removed, self.counts.merge(other.counts))

    def __le__(self, other: ORSetNaive) -> bool:
        return self.added <= other.added and self.removed <= other.removed

    @property
    def size(self) -> int:
        return len(self.added) + len(self.removed)


@dataclass(frozen=True)
class ORSet:
    """The observed-remove set without tombstones. `seen` is a version vector: a dot that is seen and not in `dots` was
    removed. So the metadata is an entry for each replica, and a dot for each item that is there.

    Each replica's updates arrive as whole states, so what is seen of it has no gaps, and a vector is enough.
    """

    dots: frozenset[tuple[Dot, Hashable]] = frozenset()
    seen: VectorClock = field(default_factory=VectorClock)

    def add(self, replica: str, item: Hashable) -> ORSet:
        """The set with `item`. Its older additions are seen, and need not be kept beside the new one."""
        seen = self.seen.tick(replica)
        others = frozenset(pair for pair in self.dots if pair[1] != item)
        return ORSet(others | {((replica, seen[replica]), item)}, seen)

    def remove(self, item: Hashable) -> ORSet:
        """The set without `item`: the additions seen here go, those not seen yet will stay."""
        return ORSet(frozenset(pair for pair in self.dots if pair[1] != item), self.seen)

    @property
    def value(self) -> frozenset[Hashable]:
        return frozenset(item for _dot, item in self.dots)

    def merge(self, other: ORSet) -> ORSet:
        return ORSet(_kept(self.dots, self.seen, other.dots, other.seen), self.seen.merge(other.seen))

    def __le__(self, other: ORSet) -> bool:
        return self.merge(other) == other

    @property
    def size(self) -> int:
        return len(self.dots) + len(self.seen)


@dataclass(frozen=True)
class SummedCounter:
    """What looks like a counter and is none: the merge adds. Commutative, associative, and not idempotent, so each
    message that comes twice counts twice. Here to be broken."""

    count: int = 0

    def add(self, _replica: str, by: int = 1) -> SummedCounter:
        return SummedCounter(self.count + by)

    @property
    def value(self) -> int:
        return self.count

    def merge(self, other: SummedCounter) -> SummedCounter:
        return SummedCounter(self.count + other.count)

    def __le__(self, other: SummedCounter) -> bool:
        return self.count <= other.count

    @property
    def size(self) -> int:
        return 0


State = GCounter | PNCounter | GSet | TwoPhaseSet | LWWRegister | MVRegister | ORSetNaive | ORSet | SummedCounter
TYPES: Mapping[str, type[State]] = {
    cls.__name__: cls
    for cls in (GCounter, PNCounter, GSet, TwoPhaseSet, LWWRegister, MVRegister, ORSetNaive, ORSet, SummedCounter)
}
