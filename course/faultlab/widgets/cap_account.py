"""What is to be said of a run of a register: who was answered what, what the checker thinks, what was lost.

The panel of CAP (`widgets/cap.py`) shows it. Nothing here depends on how the nodes work: it rests on what passed
between them and their clients. Only what a node holds is looked up in its fields, and where no field shows it, the rest
is told all the same.

1. Every operation is made by hand, by a client of its own beside a node, which waits for as long as it takes.
2. The history goes to the checker of linearizability. Where that finds no order, the operations are reduced to a few
   that already contradict each other. A read keeps the write that it read, or it would contradict for another reason.
3. A read is stale if what it returns had been overwritten, by the clock, before it was asked.
4. A write is lost if it was answered, and the value on which the nodes agree in the end was written without knowledge
   of it (in Lamport's sense, 1978), although one of the two had been answered before the other was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from faultlab.i18n import _
from faultlab.sim.history import VIOLATED, History, Operation, Verdict, linearizable
from faultlab.sim.plain import Plain, literal
from faultlab.sim.scenario import Client
from faultlab.sim.trace import GONE, Trace
from faultlab.widgets import consistency

KEY, READ, WRITE = "x", "read", "write"
NAMES = "ABCDE"
OPS_MAX, VALUE_MAX, UNTIL_MAX_S = 24, 999, 20.0
NOTHING, UNKNOWN_TEXT = "∅", "?"
WHOLE, WITH, WITHOUT = "whole", "with", "without"
ANSWERED, REFUSED, OPEN, DOWN = "answered", "refused", "open", "down"
EXAMPLE = '{"at_s": 1.5, "node": "B", "do": "write", "value": 2}'

Op = dict[str, Any]


def write(node: str, value: int, at_s: float) -> Op:
    """A write by hand, as `ops` keeps it."""
    return {"at_s": at_s, "node": node, "do": WRITE, "value": value}


def read(node: str, at_s: float) -> Op:
    return {"at_s": at_s, "node": node, "do": READ}


def checked(ops: Sequence[Mapping[str, Any]]) -> list[Op]:
    """The list that the browser keeps. ValueError in one line for what cannot be one."""
    if len(ops) > OPS_MAX:
        raise ValueError(_("At most {n} writes and reads by hand.", n=OPS_MAX))
    for op in ops:
        at_s, value = op.get("at_s"), op.get("value")
        timed = type(at_s) in (int, float) and 0 <= at_s <= UNTIL_MAX_S
        valued = value is None if op.get("do") == READ else type(value) is int and 0 < value <= VALUE_MAX
        known = op.get("do") in (READ, WRITE) and op.get("node") in tuple(NAMES)
        if not (timed and valued and known and not set(op) - {"at_s", "node", "do", "value"}):
            raise ValueError(_("A write or a read looks like {example}, not like {op}.", example=EXAMPLE, op=dict(op)))
    written = [op["value"] for op in ops if op["do"] == WRITE]
    if len(set(written)) < len(written):
        raise ValueError(_("Every write has a value of its own: only then can one tell which one was read."))
    return [dict(op) for op in ops]


def clients_of(ops: Sequence[Op], nodes: Iterable[str], until_s: float) -> Iterator[Client]:
    """A client for each operation, so that each can be made at its moment: the third, at node B, is "b3"."""
    for n, op in enumerate(ops, 1):
        if op["node"] in nodes and op["at_s"] < until_s:
            call = (WRITE, KEY, op["value"]) if op["do"] == WRITE else (READ, KEY)
            yield Client(f"{op['node'].lower()}{n}", [call], op["node"], op["at_s"], timeout_s=2 * UNTIL_MAX_S)


# ---------------------------------------------------------------- what a node holds

Held = tuple[str, str]  # the value and its tag, as texts
NOT_THERE: Held = (NOTHING, "")
NOT_KNOWN: Held = (UNKNOWN_TEXT, "")


def held_of(fields: Mapping[str, Plain]) -> Held:
    """What the fields of a node say about the register: the first mapping that has the key, memory before disk."""
    for name in sorted(fields, key=lambda name: name.startswith("disk.")):
        kept = fields[name]
        if isinstance(kept, Mapping) and KEY in kept:
            value, tag = _apart(kept[KEY])
            return (NOTHING if value is None else literal(value)[:24], "" if tag is None else _tag_text(tag))
    return NOT_THERE


def _apart(entry: Any) -> tuple[Any, Any]:
    """Value and tag of what is kept under a key: a bare value, (tag, value), (value, tag) or a mapping."""
    if isinstance(entry, Mapping) and "value" in entry:
        return entry["value"], next((entry[name] for name in ("tag", "stamp") if name in entry), None)
    if isinstance(entry, (tuple, list)) and len(entry) == 2:
        for value, tag in ((entry[1], entry[0]), (entry[0], entry[1])):
            if _is_tag(tag):
                return value, tag
    if isinstance(entry, (tuple, list)) and len(entry) == 3 and _is_tag(entry[:2]):
        return entry[2], entry[:2]
    return entry, None


def _is_tag(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2 and type(value[0]) is int and type(value[1]) is str


def _tag_text(tag: Any) -> str:
    return f"{tag[0]} {tag[1]}".strip() if _is_tag(tag) else literal(tag)[:16]


def held_changes(trace: Trace) -> list[tuple[int, str, Held]]:
    """Every change of what a node holds: (event, node, value and tag). Of a node that is down: what is on its disk."""
    fields: dict[str, dict[str, Plain]] = {name: {} for name in trace.nodes}
    shown: dict[str, Held] = dict.fromkeys(trace.nodes, NOT_THERE)
    found: list[tuple[int, str, Held]] = []
    for event, row in enumerate(trace.rows):
        name = row[2]
        if name not in fields or not (row[1] in ("crash", "start") or event in trace.changes):
            continue
        if row[1] in ("crash", "start"):
            fields[name] = {k: v for k, v in fields[name].items() if k.startswith("disk.")}
        now = fields[name] | trace.changes.get(event, {})
        fields[name] = {k: v for k, v in now.items() if v is not GONE}
        held = held_of(fields[name])
        if held != shown[name]:
            found.append((event, name, held))
            shown[name] = held
    return found


# ---------------------------------------------------------------- the history


@dataclass(frozen=True)
class Seen:
    """An operation as its client saw it. `event` and `end` are those of its call and its answer (-1: none); `side` is
    the side of the cut on which it was asked."""

    place: int
    node: str
    operation: Operation
    event: int
    end: int
    status: str
    side: str

    @property
    def asked(self) -> str:
        """The call alone, as long as there is no answer: x=2…, x→…"""
        return (f"{KEY}={self.operation.call[2]}" if self.operation.call[0] == WRITE else f"{KEY}→") + "…"

    @property
    def text(self) -> str:
        """As a bar says it: x=2, x→2, x→∅; a refusal and silence as x→✗ and x→…"""
        if self.status == ANSWERED:
            return consistency.label(self.operation)
        return self.asked[:-1] + "✗" if self.status == REFUSED else self.asked


def sides(nodes: Sequence[str], cut: Iterable[Sequence[str]]) -> dict[str, str]:
    """For each node whether it can reach a majority, itself counted, while these links are cut."""
    closed = {tuple(pair) for pair in cut}
    if not closed:
        return dict.fromkeys(nodes, WHOLE)
    found = {}
    for name in nodes:
        group, open_ = {name}, [name]
        while open_:
            one = open_.pop()
            more = {o for o in nodes if o not in group and not {(one, o), (o, one)} & closed}
            group |= more
            open_ += more
        found[name] = WITH if 2 * len(group) > len(nodes) else WITHOUT
    return found


def contradiction(history: History, verdict: Verdict) -> tuple[int, ...]:
    """A few operations of a history that is not linearizable which are not so by themselves: none of them can be left
    out. A read keeps the write that it read, or it would contradict for another reason."""
    if verdict.status != VIOLATED:
        return ()
    blamed = verdict.operations[0]
    end_s = history[blamed].returned_s
    before = {i: _until(o, end_s) for i, o in enumerate(history) if not o.failed and o.called_s <= end_s}
    kept = {i: o for i, o in before.items() if not (o.pending and o.call[0] == READ)}
    for index in sorted(kept, reverse=True):
        gone = {index} | {i for i, o in kept.items() if o.call[0] == READ and o.result == _written(history[index])}
        fewer = {i: o for i, o in kept.items() if i not in gone}
        if blamed in fewer and linearizable(list(fewer.values())).status == VIOLATED:
            kept = fewer
    return tuple(sorted(kept))


def _written(operation: Operation) -> Any:
    return operation.call[2] if operation.call[0] == WRITE else object()


def _until(operation: Operation, end_s: float) -> Operation:
    late = operation.returned_s is not None and operation.returned_s > end_s
    return replace(operation, returned_s=None, result=None) if late else operation


def stale_by(history: History, index: int) -> int | None:
    """The write that a read should have seen: answered before the read was asked, and asked after what the read
    returns had been answered. None if the read is fresh, or returns what nobody wrote."""
    one = history[index]
    if one.call[0] != READ or one.pending or one.failed:
        return None
    writes = {o.call[2]: o for o in history if o.call[0] == WRITE and not o.failed}
    if one.result is not None and one.result not in writes:
        return None
    seen_s = -1.0 if one.result is None else writes[one.result].returned_s
    newer = [
        i
        for i, o in enumerate(history)
        if o.call[0] == WRITE and not o.failed and o.returned_s is not None
        and o.returned_s < one.called_s and seen_s is not None and o.called_s > seen_s
    ]  # fmt: skip
    return max(newer, key=lambda i: history[i].returned_s or 0.0, default=None)


@dataclass
class Account:
    """A run, and what is to be said of it. It has what `consistency.reason` asks of a history."""

    trace: Trace
    ops: Sequence[Op]
    history: tuple[Operation, ...] = ()
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.history = self.trace.history()
        self.seen = self._seen()

    def _seen(self) -> list[Seen]:
        begun: dict[str, tuple[int, dict[str, str]]] = {}
        ended: dict[str, int] = {}
        crashes: dict[str, list[int]] = {}
        side, down = sides(self.trace.nodes, ()), set()
        for event, (_at_s, kind, node, other, _number, detail) in enumerate(self.trace.rows):
            if kind == "cut":
                side = sides(self.trace.nodes, detail)
            elif kind == "request":
                begun.setdefault(other, (event, side))
                if node in down:
                    crashes.setdefault(node, []).append(event)
            elif kind in ("reply", "refuse"):
                ended.setdefault(other, event)
            elif kind == "crash":
                crashes.setdefault(node, []).append(event)
            if kind in ("crash", "start"):
                (down.add if kind == "crash" else down.discard)(node)
        found = []
        for operation in self.history:
            event, side_then = begun[operation.client]
            place = int(operation.client[1:]) - 1
            node = self.ops[place]["node"]
            failed = any(at >= event for at in crashes.get(node, ()))
            status = REFUSED if operation.failed else ANSWERED if not operation.pending else DOWN if failed else OPEN
            end = ended.get(operation.client, -1)
            found.append(Seen(place, node, operation, event, end, status, side_then[node]))
        return found

    # -------- the checker

    @cached_property
    def verdict(self) -> Verdict:
        return linearizable(self.history)

    @cached_property
    def blamed(self) -> tuple[int, ...]:
        return contradiction(self.history, self.verdict)

    @cached_property
    def stale(self) -> list[int]:
        return [i for i in range(len(self.history)) if stale_by(self.history, i) is not None]

    @cached_property
    def silent(self) -> list[int]:
        """The calls that nodes which have not failed refused or left without an answer."""
        return [i for i, one in enumerate(self.seen) if one.status in (REFUSED, OPEN)]

    @property
    def to_living(self) -> int:
        return sum(one.status != DOWN for one in self.seen)

    def text(self, index: int) -> str:
        one = self.seen[index]
        return f"{one.node} {one.text}"

    def texts(self, indices: Iterable[int]) -> str:
        return "; ".join(map(self.text, indices))

    def reason(self) -> str:
        """Why the history is linearizable, or is not, in the learner's language."""
        if self.verdict.status != VIOLATED:
            return consistency.reason(self, self.verdict) if self.history else _("nobody has asked anything yet.")
        blamed = self.verdict.operations[0]
        newer = stale_by(self.history, blamed)
        if newer is not None:
            return _(
                "{read} was asked after {write} had been answered, and yet shows what was there before.",
                read=self.text(blamed),
                write=self.text(newer),
            )
        if self.blamed == (blamed,):
            return _("{read}: nobody has written that.", read=self.text(blamed))
        operations = self.texts(self.blamed)
        return _("no order of these operations explains every answer: {operations}.", operations=operations)

    # -------- the replicas

    @cached_property
    def held(self) -> list[tuple[int, str, Held]]:
        return held_changes(self.trace)

    @cached_property
    def shows_values(self) -> bool:
        """Whether the panel knows what the nodes hold: something is held wherever something has been written."""
        written = any(o.call[0] == WRITE and not o.pending and not o.failed for o in self.history)
        return bool(self.held) or not written

    def agreements(self) -> Iterator[tuple[int, bool]]:
        """From which event on all nodes hold the same value, and from which on they do not."""
        now = dict.fromkeys(self.trace.nodes, NOT_THERE[0])
        agreed = True
        for event, name, (value, _tag) in self.held:
            now[name] = value
            if (len(set(now.values())) == 1) != agreed:
                agreed = not agreed
                yield event, agreed

    @cached_property
    def final(self) -> str | None:
        """What all nodes hold when the run ends; None if they do not agree, or if it cannot be seen."""
        if not self.shows_values:
            return None
        ends = dict.fromkeys(self.trace.nodes, NOT_THERE[0])
        for _event, name, (value, _tag) in self.held:
            ends[name] = value
        return next(iter(ends.values())) if len(set(ends.values())) == 1 else None

    @cached_property
    def heal_event(self) -> int | None:
        """The last event that healed a cut."""
        cuts = [(event, row[5]) for event, row in enumerate(self.trace.rows) if row[1] == "cut"]
        return cuts[-1][0] if len(cuts) > 1 and not cuts[-1][1] else None

    @cached_property
    def healing_s(self) -> float | None:
        """How long after the last healing the nodes first held the same value again; None if that did not come."""
        if self.heal_event is None or not self.shows_values:
            return None
        changes = list(self.agreements())
        if next((agreed for event, agreed in reversed(changes) if event <= self.heal_event), True):
            return 0.0
        event = next((event for event, agreed in changes if event > self.heal_event and agreed), None)
        return None if event is None else self._at(event) - self._at(self.heal_event)

    @cached_property
    def lost(self) -> list[int] | None:
        """The writes that are lost (rule 6 of the module); None where the nodes do not agree in the end."""
        if self.final is None:
            return None
        writes = [i for i, operation in enumerate(self.history) if operation.call[0] == WRITE]
        answered = [i for i in writes if self.seen[i].status == ANSWERED]
        winner = next((i for i in writes if literal(self.history[i].call[2]) == self.final), None)
        if winner is None:
            return answered if self.final == NOTHING else []
        first = next((event for event, _name, held in self.held if held[0] == self.final), 0)
        known = self.trace.causal_past(first)
        remains = self.history[winner]
        return [
            i for i in answered
            if i != winner and self.seen[i].event not in known and _apart_in_time(self.history[i], remains)
        ]  # fmt: skip

    def lost_at(self) -> float | None:
        """When it is certain: the nodes agree for good."""
        if not self.lost:
            return None
        return max(self._at(list(self.agreements())[-1][0]), *(self.history[i].returned_s or 0.0 for i in self.lost))

    def _at(self, event: int) -> float:
        return self.trace.rows[event][0]

    # -------- for questions

    def find(self, node: str, do: str, at_s: float) -> int | None:
        """The operation that was asked of a node at a moment."""
        for i, one in enumerate(self.seen):
            if one.node == node and one.operation.call[0] == do and abs(one.operation.called_s - at_s) < 1e-6:
                return i
        return None


def _apart_in_time(one: Operation, other: Operation) -> bool:
    def before(a: Operation, b: Operation) -> bool:
        return a.returned_s is not None and a.returned_s < b.called_s

    return before(one, other) or before(other, one)
