"""A trace: what happened in a run, in order, complete, and never changed afterwards.

1. Events are stored, states are derived. Event `i` may change fields of one node; the state after event `i` is what all
   changes up to it add up to. Checkpoints on the way make the state at any index quick.
2. Losses are in it: a message that arrives nowhere has a `send` and a `lose`, and the `lose` says when, and why.
3. Everything in it is plain data. In JSON the values stand as Python literals, so that a tuple comes back as a tuple.
4. A trace of the model checker is `untimed`: its events have a place in the order and no moment, `at_s` counts steps.

    kind          node        other      number    detail
    start         who         -          -         "first", "again" or "without its disk"
    send          sender      receiver   message   the message
    duplicate     sender      receiver   message   the number of the message of which this is a copy
    deliver       receiver    sender     message   None
    lose          receiver    sender     message   why
    timer         whose       -          -         the timer's name
    request       asked node  client     -         (request, call)
    reply         answerer    client     -         (request, result)
    refuse        answerer    client     -         (request, because)
    give up       -           client     -         (request, call)
    crash         who         -          -         "fault" or "error"
    error         who         -          -         one line; the traceback stands in `tracebacks`
    pause resume  who         -          -         None
    cut           -           -          -         the pairs that are cut from now on: [(source, target), ...]
    loss          -           -          -         the rate
    skew          who         -          -         (by_s, rate)
    note          who         -          -         the text
    end           -           -          -         why the run ended

Source of the form: porcupine and Jepsen for histories, ShiViz and DSLabs for what a picture needs to know.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from faultlab.sim.history.operations import Operation
from faultlab.sim.history.recorded import CALL, REFUSE, REPLY, recorded
from faultlab.sim.plain import Plain, from_literal, literal, plain

SCHEMA = 1
KINDS = ("start", "send", "duplicate", "deliver", "lose", "timer", "request", "reply", "refuse", "give up", "crash")
KINDS += ("error", "pause", "resume", "cut", "loss", "skew", "note", "end")
# What happens at a node, in its own time; the others befall messages (it is the network that copies), clients, or all.
AT_NODE = frozenset(KINDS) - {"duplicate", "lose", "give up", "cut", "loss", "end"}
CHECKPOINT_EVERY = 256
GONE = "(gone)"

Row = tuple[float, str, str, str, int, Plain]
States = dict[str, dict[str, Plain]]


class Event(NamedTuple):
    """One line of the table above. `node` and `other` are "" and `number` is -1 where there is none."""

    at_s: float
    kind: str
    node: str = ""
    other: str = ""
    number: int = -1
    detail: Plain = None


@dataclass(frozen=True)
class Finding:
    """What a property came to: `kind` always, sometimes or eventually; `status` ok, violated, or open (not decided by
    what was run); `event` the index at which it was decided, or -1; `because` a sentence."""

    name: str
    kind: str
    status: str
    because: str = ""
    event: int = -1


@dataclass(frozen=True, eq=False)
class Trace:
    """A finished run. `changes[i]` holds the new fields of the node of event `i`, `timers[i]` the timers that it set:
    name to due moment in seconds, None for a cancelled one. `findings` is what the properties of the run came to. In a
    `lasting` network messages stay on their way when they are delivered. `tracebacks[i]` belongs to the error of event
    `i`; it names files, and so may differ between equal runs on two machines: equal traces may differ in it."""

    nodes: tuple[str, ...]
    rows: Sequence[Row]
    changes: Mapping[int, Mapping[str, Plain]]
    timers: Mapping[int, Mapping[str, float | None]] = field(default_factory=dict)
    end_s: float = 0.0
    untimed: bool = False
    lasting: bool = False
    tracebacks: Mapping[int, str] = field(default_factory=dict)
    title: str = ""
    clients: tuple[str, ...] = ()
    scenario: Mapping[str, Any] | None = None
    findings: tuple[Finding, ...] = ()
    _checkpoints: dict[int, States] = field(default_factory=dict, repr=False)
    _causes: list[tuple[int, ...]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(self.rows))
        for name in ("changes", "timers", "tracebacks"):
            object.__setattr__(self, name, MappingProxyType(getattr(self, name)))

    # Events

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Event:
        return Event(*self.rows[index])

    def __iter__(self) -> Iterator[Event]:
        return (Event(*row) for row in self.rows)

    def __repr__(self) -> str:
        unit = "steps" if self.untimed else "s"
        return f"Trace({len(self.nodes)} nodes, {len(self)} events, {self.end_s:g} {unit})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trace) and self._shallow(but="tracebacks") == other._shallow(but="tracebacks")

    def __reduce__(self) -> tuple[Any, ...]:
        return Trace.from_json, (self.to_json(),)

    __hash__ = None  # type: ignore[assignment]

    @property
    def violated(self) -> list[str]:
        """The names of the properties that this run violates."""
        return [finding.name for finding in self.findings if finding.status == "violated"]

    def of(self, *kinds: str) -> list[Event]:
        """The events of these kinds, in their order."""
        return [Event(*row) for row in self.rows if row[1] in kinds]

    def index_at(self, at_s: float) -> int:
        """The index of the last event at or before a moment, -1 if there is none."""
        return bisect_right(self.rows, at_s, key=lambda row: row[0]) - 1

    # States

    def state(self, index: int) -> States:
        """The fields of every node after event `index` (-1: before anything), as plain data; a field of the disk is
        called `disk.<name>`. IndexError if there is no such event."""
        if not -1 <= index < len(self.rows):
            raise IndexError(f"no event {index}: there are {len(self.rows)}")
        start = (index + 1) // CHECKPOINT_EVERY * CHECKPOINT_EVERY
        while start and start not in self._checkpoints:
            start -= CHECKPOINT_EVERY
        states = {n: dict(f) for n, f in self._checkpoints[start].items()} if start else {n: {} for n in self.nodes}
        for i in range(start, index + 1):
            self._advance(states, i)
            if (i + 1) % CHECKPOINT_EVERY == 0:
                self._checkpoints[i + 1] = {n: dict(f) for n, f in states.items()}
        return plain(states)

    def at(self, at_s: float) -> States:
        """The fields of every node at a moment, after everything that happened up to it."""
        return self.state(self.index_at(at_s))

    def _advance(self, states: States, index: int) -> None:
        row = self.rows[index]
        if row[1] == "crash":
            # Memory is lost, the disk stays.
            states[row[2]] = {k: v for k, v in states[row[2]].items() if k.startswith("disk.")}
        for name, value in self.changes.get(index, {}).items():
            if value is GONE:
                states[row[2]].pop(name, None)
            else:
                states[row[2]][name] = value

    def status(self, index: int) -> dict[str, str]:
        """Each node's condition after event `index`: up, crashed or paused."""
        becomes = {"start": "up", "crash": "crashed", "pause": "paused", "resume": "up"}
        found = dict.fromkeys(self.nodes, "up")
        for row in self.rows[: index + 1]:
            if row[1] in becomes:
                found[row[2]] = becomes[row[1]]
        return found

    def history(self) -> tuple[Operation, ...]:
        """What the clients saw, for the checkers of `sim/history`."""
        kinds = {"request": CALL, "reply": REPLY, "refuse": REFUSE}
        return recorded((row[0], kinds[row[1]], *row[5]) for row in self.rows if row[1] in kinds)

    # Causality

    def causes(self, index: int) -> tuple[int, ...]:
        """The direct causes of an event: the event before it at its node, and the sending of what it receives."""
        if not self._causes:
            self._causes.extend(_direct_causes(self.rows))
        return self._causes[index]

    def causal_past(self, index: int) -> set[int]:
        """All events that happened before event `index` in Lamport's sense (1978), without itself."""
        past: set[int] = set()
        open_ = [index]
        while open_:
            for cause in self.causes(open_.pop()):
                if cause not in past:
                    past.add(cause)
                    open_.append(cause)
        return past

    # Out and in

    def head(self, events: int) -> Trace:
        """The first `events` events, with what was found in them."""
        if events >= len(self):
            return self
        kept = self._shallow()
        for name in ("changes", "timers", "tracebacks"):
            kept[name] = {i: value for i, value in kept[name].items() if i < events}
        end_s = self.rows[events - 1][0] if events > 0 else 0.0
        found = tuple(f if f.event < events else replace(f, status="open", because="", event=-1) for f in self.findings)
        return Trace(**{**kept, "rows": self.rows[: max(events, 0)], "end_s": end_s, "findings": found})

    def with_findings(self, *findings: Finding) -> Trace:
        """The same events with what was found in them."""
        return Trace(**{**self._shallow(), "findings": tuple(findings)})

    def _shallow(self, but: str = "") -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_") and name != but}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; `from_json` makes an equal trace of it."""
        return {
            "schema": SCHEMA,
            "nodes": list(self.nodes),
            "clients": list(self.clients),
            "title": self.title,
            "untimed": self.untimed,
            "lasting": self.lasting,
            "end_s": self.end_s,
            "events": [[*row[:5], literal(row[5])] for row in self.rows],
            "changes": {
                str(i): {name: None if value is GONE else literal(value) for name, value in fields.items()}
                for i, fields in self.changes.items()
            },
            "timers": {str(i): dict(set_) for i, set_ in self.timers.items()},
            "tracebacks": {str(i): text for i, text in self.tracebacks.items()},
            "scenario": self.scenario,
            "findings": [vars(f) for f in self.findings],
        }

    @classmethod
    def from_json(cls, data: Any) -> Trace:
        """What `to_json` wrote; ValueError in one line for anything else, or for another schema."""
        try:
            if data["schema"] != SCHEMA:
                raise ValueError(f"a trace of schema {data['schema']!r}; this version reads {SCHEMA}")
            names = {"", *data["nodes"], *data["clients"]}
            return cls(
                nodes=tuple(data["nodes"]),
                rows=[_row(row, names) for row in data["events"]],
                changes={
                    int(i): {name: GONE if text is None else from_literal(text) for name, text in fields.items()}
                    for i, fields in data["changes"].items()
                },
                timers={int(i): set_ for i, set_ in data["timers"].items()},
                tracebacks={int(i): text for i, text in data["tracebacks"].items()},
                end_s=data["end_s"],
                untimed=data["untimed"],
                lasting=data["lasting"],
                title=data["title"],
                clients=tuple(data["clients"]),
                scenario=data["scenario"],
                findings=tuple(Finding(**f) for f in data["findings"]),
            )
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"not a trace: {type(error).__name__} {error}") from error

    def to_text(self) -> str:
        """One line an event, in English, for a terminal."""
        sent: dict[int, Plain] = {}
        for row in self.rows:
            if row[1] in ("send", "duplicate"):
                sent[row[4]] = row[5] if row[1] == "send" else sent.get(row[5])
        return "\n".join(_line(Event(*row), sent, self.untimed) for row in self.rows)


def _row(data: Any, names: set[str]) -> Row:
    """An event as it stands in JSON; ValueError if it cannot be one of these nodes and clients."""
    at_s, kind, node, other, number, detail = data
    if kind not in KINDS:
        raise ValueError(f"a trace has no event {kind!r}")
    if type(at_s) not in (int, float) or type(number) is not int or not {node, other} <= names:
        raise ValueError(f"not an event of this trace: {str(data)[:80]}")
    return at_s, kind, node, other, number, from_literal(detail)


def _direct_causes(rows: Sequence[Row]) -> Iterator[tuple[int, ...]]:
    last: dict[str, int] = {}
    sent: dict[int, int] = {}
    asked: dict[str, int] = {}
    for index, (_at_s, kind, node, other, number, detail) in enumerate(rows):
        found = [last[node]] if kind in AT_NODE and node in last else []
        if kind in ("deliver", "lose", "duplicate"):
            origin = sent.get(detail if kind == "duplicate" else number)
            found += [origin] if origin is not None else []
        if kind in ("request", "give up") and other in asked:
            found.append(asked[other])
        yield tuple(dict.fromkeys(found))
        if kind in ("send", "duplicate"):
            sent[number] = index
        if kind in AT_NODE:
            last[node] = index
        if kind in ("request", "reply", "refuse", "give up"):
            asked[other] = index


def _line(event: Event, sent: Mapping[int, Plain], untimed: bool) -> str:
    at = f"{event.at_s:6.0f} " if untimed else f"{event.at_s:9.4f} s"
    node, other, detail = event.node, event.other, event.detail
    texts = {
        "send": f"{node} -> {other}  {detail!r}",
        "duplicate": f"{node} => {other}  a copy of message {detail}",
        "deliver": f"{node} <- {other}  {sent.get(event.number)!r}",
        "lose": f"{other} -x {node}  {sent.get(event.number)!r} is lost: {detail}",
        "timer": f"{node}: timer {detail!r}",
        "request": f"{node} <- client {other}  {detail!r}",
        "reply": f"{node} -> client {other}  {detail!r}",
        "refuse": f"{node} -> client {other}  refused: {detail!r}",
        "give up": f"client {other} gives up {detail!r}",
        "error": f"{node} raises {detail}",
    }
    text = texts.get(event.kind, f"{node} {event.kind} {'' if detail is None else detail}".strip())
    return f"{at}  {text}"
