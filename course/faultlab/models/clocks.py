"""Logical clocks: what happened before what, without asking what time it is.

Two clocks on two machines never agree, so "later" by the wall clock proves nothing. What can be known is causality.

Happened before (Lamport, 1978), written a -> b, is the least relation with
1. a -> b if both are events of one process and a comes first;
2. a -> b if a is the sending of a message and b its arrival;
3. a -> c if a -> b and b -> c.
Events of which neither happened before the other are concurrent: nothing can have passed from one to the other. It is
not "at the same time": concurrent events may lie hours apart.

A Lamport clock is one number for each event: (L1) count your own events, (L2) send the count along, (L3) on arrival go
on from the greater of the two, plus one. Then a -> b implies L(a) < L(b). The converse is false: from L(a) < L(b) only
follows that b did not happen before a. It orders events; it does not tell causes.

A vector clock (Fidge, 1988; Mattern, 1988) is a number for each process: "of A's events I know of the first 3". (V1) an
event adds one to its own entry; (V2) a message carries the vector of its sending; (V3) an arrival takes the maximum,
entry by entry, and adds one to its own. Then a -> b exactly if V(a) < V(b): every entry at most as great, one less.
Vectors that are not so ordered belong to concurrent events. A process that is not in a vector has 0 there, so nobody
has to know all processes beforehand.

The price: a vector has an entry for each process that ever wrote. No clock of fewer entries can decide concurrency for
n processes in general (Charron-Bost, 1991).

Version vectors compare replicas, not events: the same algebra, counted up on updates only (Parker et al., 1983). On
arrival they are merged and not counted up.

>>> a, b = VectorClock().tick("A"), VectorClock().tick("B")
>>> a.compare(b), a.compare(a.merge(b).tick("B"))
('concurrent', 'before')

Sources: L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", CACM 1978; C. Fidge, 1988;
F. Mattern, "Virtual Time and Global States of Distributed Systems", 1988; B. Charron-Bost, 1991; D. S. Parker et al.,
"Detection of Mutual Inconsistency in Distributed Systems", 1983.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from faultlab.sim.trace import AT_NODE, Trace

BEFORE, AFTER, EQUAL, CONCURRENT = "before", "after", "equal", "concurrent"
LOCAL, SEND, RECEIVE = "local", "send", "receive"


class VectorClock(Mapping[str, int]):
    """How many events of each process are known. A value: every operation makes a new clock.

    Entries that are not there are 0, and entries that are 0 are not kept: two clocks that know the same are equal.
    ValueError for an entry that is not a whole number from 0 on.
    """

    __slots__ = ("_entries",)

    def __init__(self, entries: Mapping[str, int] | Iterable[tuple[str, int]] = ()) -> None:
        kept = dict(entries)
        for name, count in kept.items():
            if type(count) is not int or count < 0:
                raise ValueError(f"the entry of {name!r} is {count!r}; it should be a whole number from 0 on")
        self._entries = {name: kept[name] for name in sorted(kept) if kept[name]}

    def __getitem__(self, process: str) -> int:
        return self._entries.get(process, 0)

    def __contains__(self, process: object) -> bool:
        return process in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VectorClock) and self._entries == other._entries

    def __hash__(self) -> int:
        return hash(tuple(self._entries.items()))

    def __repr__(self) -> str:
        return f"VectorClock({self._entries})"

    def tick(self, process: str) -> VectorClock:
        """The clock after one more event of `process` (V1)."""
        return VectorClock({**self._entries, process: self[process] + 1})

    def merge(self, other: VectorClock) -> VectorClock:
        """What is known to either: the maximum, entry by entry (V3, without the tick)."""
        return VectorClock({name: max(self[name], other[name]) for name in {*self, *other}})

    def __le__(self, other: VectorClock) -> bool:
        return all(count <= other[name] for name, count in self._entries.items())

    def __lt__(self, other: VectorClock) -> bool:
        """Did this happen before `other`?"""
        return self <= other and self != other

    def concurrent(self, other: VectorClock) -> bool:
        """Could neither know of the other? Equal clocks are no conflict: they are one and the same knowledge."""
        return not self <= other and not other <= self

    def compare(self, other: VectorClock) -> str:
        """`before`, `after`, `equal` or `concurrent`: this clock, seen from the other."""
        if self == other:
            return EQUAL
        return BEFORE if self < other else AFTER if other < self else CONCURRENT

    def row(self, processes: Sequence[str]) -> tuple[int, ...]:
        """The entries in the order of `processes`, as pictures write them."""
        return tuple(self[name] for name in processes)


@dataclass(frozen=True)
class Event:
    """One event of a process: `local`, `send` or `receive`; `message` names the message that is sent or received."""

    process: str
    kind: str = LOCAL
    message: str = ""


@dataclass(frozen=True)
class Stamp:
    """What the two clocks say of one event."""

    lamport: int
    vector: VectorClock


def stamps(events: Iterable[Event]) -> list[Stamp]:
    """Both clocks for events in an order in which they may have happened (each message is sent before it arrives).

    A message may arrive several times. ValueError for one that arrives before it was sent, or is sent twice.
    """
    counts: dict[str, int] = {}
    vectors: dict[str, VectorClock] = {}
    sent: dict[str, Stamp] = {}
    made = []
    for event in events:
        count, vector = counts.get(event.process, 0), vectors.get(event.process, VectorClock())
        if event.kind == RECEIVE:
            if event.message not in sent:
                raise ValueError(f"message {event.message!r} arrives at {event.process} before it is sent")
            count = max(count, sent[event.message].lamport)
            vector = vector.merge(sent[event.message].vector)
        stamp = Stamp(count + 1, vector.tick(event.process))
        if event.kind == SEND:
            if event.message in sent:
                raise ValueError(f"message {event.message!r} is sent twice")
            sent[event.message] = stamp
        counts[event.process], vectors[event.process] = stamp.lamport, stamp.vector
        made.append(stamp)
    return made


def possible_order(columns: Mapping[str, Sequence[Event]]) -> list[Event]:
    """The events of some processes, each in its own order, in one order in which they may have happened.

    ValueError if there is none: a message that is received and never sent, or a circle of messages.
    """
    left = {name: list(events) for name, events in columns.items()}
    sent: set[str] = set()
    order = []
    while any(left.values()):
        ready = next((n for n, es in left.items() if es and (es[0].kind != RECEIVE or es[0].message in sent)), None)
        if ready is None:
            waits = ", ".join(f"{n} waits for {es[0].message!r}" for n, es in left.items() if es)
            raise ValueError(f"these events cannot have happened: {waits}")
        event = left[ready].pop(0)
        if event.kind == SEND:
            sent.add(event.message)
        order.append(event)
    return order


def trace_stamps(trace: Trace) -> dict[int, Stamp]:
    """Both clocks for what happened at the nodes of a run, by the index of the event.

    Each event of a node is an event here, also several of one handler; clients are not processes. A copy that the
    network made carries the clock of the sending it is a copy of.
    """
    origin: dict[int, int] = {}
    events, indexes = [], []
    for index, row in enumerate(trace.rows):
        _at_s, kind, node, _other, number, detail = row
        if kind == "duplicate":
            origin[number] = origin.get(detail, detail)
        if kind not in AT_NODE or not node:
            continue
        form = {"send": SEND, "deliver": RECEIVE}.get(kind, LOCAL)
        events.append(Event(node, form, str(origin.get(number, number)) if form != LOCAL else ""))
        indexes.append(index)
    return dict(zip(indexes, stamps(events), strict=True))


def concurrent_pairs(made: Sequence[Stamp]) -> list[tuple[int, int]]:
    """The pairs of events (by their places) that are concurrent."""
    return [(i, j) for j in range(len(made)) for i in range(j) if made[i].vector.concurrent(made[j].vector)]
