"""Properties: what a protocol promises, as functions of a snapshot of all nodes.

1. `always(p)`: p holds in every state. "No two nodes lead in the same term."
2. `sometimes(p)`: p holds in some state. It catches the protocol in which nothing can go wrong because nothing happens.
   "Some node leads."
3. `eventually(p)`: on every run, p has held by the time at which the run has ended. "The value is chosen." A run that
   was stopped before its end decides nothing.
4. A property answers True or False, or a sentence that says what is wrong: the sentence is what a learner reads.

The three kinds are those of stateright (always, sometimes, eventually). The same property is checked by the model
checker, in every state that it reaches, and on a trace, after every event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faultlab.sim.history.operations import Operation
from faultlab.sim.history.recorded import recorded
from faultlab.sim.plain import Plain
from faultlab.sim.trace import GONE, Finding, Trace

ALWAYS, SOMETIMES, EVENTUALLY = "always", "sometimes", "eventually"
OK, VIOLATED, OPEN = "ok", "violated", "open"


class NodeView:
    """One node in a snapshot. Its fields are attributes; of a node that is down only `name`, `up` and `disk` are left.

    `get(field, default)` asks for a field that may not be there. What it returns belongs to the run: do not change it.
    """

    __slots__ = ("disk", "fields", "name", "up")

    def __init__(self, name: str, fields: Mapping[str, Plain], disk: Mapping[str, Plain], up: bool) -> None:
        self.name, self.fields, self.disk, self.up = name, fields, disk, up

    def __getattr__(self, field: str) -> Plain:
        try:
            return self.fields[field]
        except KeyError:
            known = ", ".join(self.fields) or "nothing"
            where = "has" if self.up else "is down and has"
            raise AttributeError(f"{self.name} {where} no {field!r}, it has {known}") from None

    def get(self, field: str, default: Plain = None) -> Plain:
        return self.fields.get(field, default)

    def __repr__(self) -> str:
        inside = ", ".join(f"{k}={v!r}" for k, v in self.fields.items())
        return f"{self.name}({inside})" if self.up else f"{self.name}(down)"


class Snapshot:
    """All nodes at one moment: `s["A"].term`, `s.up` (the nodes that are up), `s.nodes` (all of them).

    `replies` are the answers that clients have had so far, as (request, result); `flying` the messages on their way, as
    (source, target, message); `told` what passed between clients and nodes, as ("call", request, call), ("reply",
    request, result) and ("refuse", request, because), in its order (the model checker keeps calls and the order only
    with `history`). `failure` is "" or says which node's handler has failed, and how.
    """

    __slots__ = ("failure", "flying", "nodes", "replies", "told")

    def __init__(
        self,
        nodes: Mapping[str, NodeView],
        replies: Sequence[tuple[str, Plain]] = (),
        flying: Sequence[tuple[str, str, Plain]] = (),
        told: Sequence[tuple[Plain, ...]] = (),
        failure: str = "",
    ) -> None:
        self.nodes, self.replies, self.flying, self.told, self.failure = nodes, replies, flying, told, failure

    def __getitem__(self, name: str) -> NodeView:
        return self.nodes[name]

    def history(self) -> tuple[Operation, ...]:
        """What the clients have seen so far, for the checkers of `sim/history`; moments count what passed."""
        return recorded((float(moment), *entry) for moment, entry in enumerate(self.told))

    @property
    def up(self) -> list[NodeView]:
        return [node for node in self.nodes.values() if node.up]


Predicate = Callable[[Snapshot], Any]


@dataclass(frozen=True)
class Property:
    """A named promise; made by `always`, `sometimes`, `eventually`."""

    name: str
    kind: str
    predicate: Predicate

    def look(self, snapshot: Snapshot) -> tuple[bool, str]:
        """Does the predicate hold, and the sentence that it gave if not. A predicate that raises does not hold."""
        try:
            answer = self.predicate(snapshot)
        except Exception as error:
            return False, f"{type(error).__name__} in the property: {error}"
        return (False, answer) if isinstance(answer, str) else (bool(answer), "")


def always(name: str, predicate: Predicate) -> Property:
    """`predicate` holds in every state."""
    return Property(name, ALWAYS, predicate)


def sometimes(name: str, predicate: Predicate) -> Property:
    """`predicate` holds in some state."""
    return Property(name, SOMETIMES, predicate)


def eventually(name: str, predicate: Predicate) -> Property:
    """`predicate` has held, on every run, when the run has ended."""
    return Property(name, EVENTUALLY, predicate)


def snapshots(trace: Trace) -> Iterator[Snapshot]:
    """The snapshot after each event of a trace, in order. They share what did not change."""
    state = _Course(trace)
    for index in range(len(trace)):
        state.advance(index)
        yield state.snapshot(keep=True)


class _Course:
    """What a snapshot consists of, on its way through a trace."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._views = {name: NodeView(name, {}, {}, True) for name in trace.nodes}
        self._sent: dict[int, tuple[str, str, Plain]] = {}
        self._flying: dict[int, tuple[str, str, Plain]] = {}
        self._replies: list[tuple[str, Plain]] = []
        self._told: list[tuple[Plain, ...]] = []
        self._failure = ""

    def advance(self, index: int) -> None:
        """Go past the event of that index, the next one."""
        trace = self._trace
        _at_s, kind, node, other, number, detail = trace.rows[index]
        if kind in ("start", "crash") or index in trace.changes:
            self._views[node] = _after(kind, trace.changes.get(index, {}), self._views[node])
        if kind == "send":
            self._flying[number] = self._sent[number] = (node, other, detail)
        elif kind == "lose" or (kind == "deliver" and not trace.lasting):
            self._flying.pop(number, None)
        elif kind == "duplicate":
            self._flying[number] = self._sent[detail]
        elif kind in ("request", "reply", "refuse"):
            self._told.append(("call" if kind == "request" else kind, *detail))
            if kind == "reply":
                self._replies.append(detail)
        elif kind == "error":
            self._failure = self._failure or f"{node}: {detail}"

    def snapshot(self, keep: bool) -> Snapshot:
        """The state now. One that is not to be kept is good until the next event, and costs less."""
        views, replies, told = self._views, self._replies, self._told
        if keep:
            views, replies, told = dict(views), list(replies), list(told)
        return Snapshot(views, replies, list(self._flying.values()), told, self._failure)


def _after(kind: str, changed: Mapping[str, Plain], view: NodeView) -> NodeView:
    """A node after an event of that kind, which changed these fields."""
    fields, disk = {} if kind == "crash" else dict(view.fields), view.disk
    for name, value in changed.items():
        if name.startswith("disk."):
            disk = {**disk, name[5:]: value}
            if value is GONE:
                del disk[name[5:]]
        elif value is GONE:
            fields.pop(name, None)
        else:
            fields[name] = value
    return NodeView(view.name, fields, disk, kind != "crash" and (view.up or kind == "start"))


def _follows(trace: Trace, index: int) -> bool:
    """Does event `index` belong to the same handler as the one before it?"""
    _at_s, kind, _node, _other, _number, detail = trace.rows[index]
    before = trace.rows[index - 1]
    if kind == "crash":
        return detail == "error"
    if kind == "duplicate":
        return before[1] == "send" and before[4] == detail
    return kind in ("send", "reply", "refuse", "note", "error")


def judge(
    trace: Trace,
    properties: Iterable[Property],
    finished: bool = False,
    *,
    since: int = 0,
    before: Iterable[Finding] = (),
) -> Trace:
    """The trace with what each property came to in it.

    A handler is atomic, so a property is asked after all that a handler did, and what it came to is noted at the event
    that the handler answered.

    `finished` says that nothing could have happened after its end; only then can an `eventually` be violated. Where
    another trace has the same first `since` events and came to the findings `before`, only the rest is looked at.
    """
    watched = list(properties)
    since = _last_handler(trace, since)
    found = {f.name: f for f in before if 0 <= f.event < since}
    waiting = set(trace.nodes) - {row[2] for row in trace.rows[:since] if row[1] == "start"}
    handled, course = since, _Course(trace)
    for index in range(since):
        course.advance(index)
    for index in range(since, len(trace)):
        course.advance(index)
        if waiting and trace.rows[index][1] == "start":
            waiting.discard(trace.rows[index][2])
        if index and not _follows(trace, index):
            handled = index
        if waiting or (index + 1 < len(trace) and _follows(trace, index + 1)):
            continue  # a property is about all nodes, and some have not begun yet, or one is in its handler
        snapshot = course.snapshot(keep=False)
        for p in watched:
            if p.name in found:
                continue
            holds, sentence = p.look(snapshot)
            if p.kind == ALWAYS and not holds:
                found[p.name] = Finding(p.name, p.kind, VIOLATED, sentence, handled)
            elif p.kind != ALWAYS and holds:
                found[p.name] = Finding(p.name, p.kind, OK, "", handled)
    for p in watched:
        undecided = OK if p.kind == ALWAYS else VIOLATED if p.kind == EVENTUALLY and finished else OPEN
        found.setdefault(p.name, Finding(p.name, p.kind, undecided))
    return trace.with_findings(*(found[p.name] for p in watched))


def _last_handler(trace: Trace, events: int) -> int:
    """The index at which the last handler among the first `events` begins: in another trace it may go on otherwise."""
    index = max(0, min(events, len(trace)) - 1)
    while index and _follows(trace, index):
        index -= 1
    return index
